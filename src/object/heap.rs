//! The heap: where objects live, and the collector that frees them.
//!
//! Objects are cells of size-classed blocks (large ones stand alone) and never move. Each begins with a header of
//! 8 bytes. Collection marks from the roots, then sweeps block by block when cells are needed. Allocation never
//! collects: only the interpreter loop does, between two instructions, so natives may hold bare references.
//!
//! Everything `unsafe` here rests on one rule: whatever holds a `Value` is a heap object or a field that
//! `Context::trace` visits, so an object reached through a `Value` has not been freed.
#![allow(unsafe_code)]

mod marker;
pub mod walk;

use std::alloc::{Layout as Memory, alloc, dealloc};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::{NonNull, null_mut};

use crate::object::kind::{KINDS, Kind};
use crate::object::layout::LayoutId;
use crate::object::value::Value;
pub use marker::Marker;

/// The first 8 bytes of every object.
#[repr(C)]
pub struct Header {
    /// Which body follows.
    kind: Cell<Kind>,
    /// The cycle in which the collector last reached it.
    mark: Cell<u8>,
    /// See the constants.
    flags: Cell<u8>,
    /// How many attribute slots stand inline after the body, if it has `HAS_ATTRIBUTES`.
    capacity: Cell<u8>,
    /// Its class and where its attributes are.
    layout: Cell<LayoutId>,
}

impl Header {
    /// A dictionary word and inline attribute slots follow the body.
    pub const HAS_ATTRIBUTES: u8 = 1;
    /// The heap's table of weak references has an entry for it.
    pub const HAS_WEAK_REFERENCES: u8 = 2;
    /// It is in the list of objects with something to do before they go.
    pub const HAS_FINALISER: u8 = 4;
    /// Its finaliser has been called; it is not called twice.
    pub const FINALISED: u8 = 8;
    /// A flag the kind uses as it likes (an interned string, a frozen layout).
    pub const KIND_FLAG: u8 = 16;

    /// Which body follows.
    #[inline(always)]
    pub fn kind(&self) -> Kind {
        self.kind.get()
    }

    /// The layout: class and attribute slots.
    #[inline(always)]
    pub fn layout(&self) -> LayoutId {
        self.layout.get()
    }

    /// Gives it another layout, as assigning to `__class__` or adding an attribute does.
    #[inline(always)]
    pub fn set_layout(&self, layout: LayoutId) {
        self.layout.set(layout);
    }

    /// How many attribute slots it has inline.
    #[inline(always)]
    pub fn capacity(&self) -> usize {
        self.capacity.get() as usize
    }

    /// Has it this flag?
    #[inline(always)]
    pub fn has(&self, flag: u8) -> bool {
        self.flags.get() & flag != 0
    }

    /// Sets a flag.
    #[inline(always)]
    pub fn set(&self, flag: u8) {
        self.flags.set(self.flags.get() | flag);
    }

    /// Clears a flag.
    #[inline(always)]
    pub fn clear(&self, flag: u8) {
        self.flags.set(self.flags.get() & !flag);
    }

    /// The word after the body that holds the attribute dictionary, UNBOUND while the attributes are inline.
    #[inline(always)]
    pub fn dictionary(&self) -> Option<&Cell<Value>> {
        if !self.has(Header::HAS_ATTRIBUTES) {
            return None;
        }
        let offset = KINDS[self.kind() as usize].size;
        // SAFETY: the flag says that `allocate_attributed` made room for the word behind the body.
        Some(unsafe { &*((self as *const Header as *const u8).add(offset) as *const Cell<Value>) })
    }

    /// Inline attribute slot `index`.
    #[inline(always)]
    pub fn slot(&self, index: usize) -> &Cell<Value> {
        debug_assert!(self.has(Header::HAS_ATTRIBUTES) && index < self.capacity());
        let offset = KINDS[self.kind() as usize].size + 8 + index * 8;
        // SAFETY: `capacity` slots follow the dictionary word, and the layouts hand out no higher index.
        unsafe { self.slot_at(offset) }
    }

    /// The attribute slot at a byte offset from the header, as inline caches keep it.
    ///
    /// # Safety
    /// The offset must come from the layout this object has.
    #[inline(always)]
    pub unsafe fn slot_at(&self, offset: usize) -> &Cell<Value> {
        unsafe { &*((self as *const Header as *const u8).add(offset) as *const Cell<Value>) }
    }

    /// The byte offset of inline attribute slot `index` in objects of this kind.
    pub fn slot_offset(&self, index: usize) -> usize {
        KINDS[self.kind() as usize].size + 8 + index * 8
    }
}

/// What follows the header of one kind of object.
pub trait Body: Sized + 'static {
    /// The number of this body.
    const KIND: Kind;
    /// Shows the collector every Value in it.
    fn trace(&self, marker: &mut Marker);
}

/// An object with body `T`.
#[repr(C)]
pub struct Object<T> {
    header: Header,
    body: T,
}

/// A reference to an object with body `T`. As good as a pointer: whoever holds one across a safe point must also
/// see to it that the collector finds the object.
#[repr(transparent)]
pub struct Ref<T>(NonNull<Object<T>>, PhantomData<T>);

impl<T> Clone for Ref<T> {
    #[inline(always)]
    fn clone(&self) -> Ref<T> {
        *self
    }
}

impl<T> Copy for Ref<T> {}

impl<T> PartialEq for Ref<T> {
    #[inline(always)]
    fn eq(&self, other: &Ref<T>) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Ref<T> {}

impl<T: Body> Ref<T> {
    /// The object whose header this is; the caller has looked at the kind.
    #[inline(always)]
    pub fn from_header(header: &Header) -> Ref<T> {
        debug_assert!(header.kind() == T::KIND);
        Ref(NonNull::from(header).cast(), PhantomData)
    }

    /// The object's header.
    #[inline(always)]
    pub fn header(&self) -> &Header {
        // SAFETY: a reference points at a live object (see the head of this file).
        unsafe { &(*self.0.as_ptr()).header }
    }

    /// As a value.
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::from_header(self.header())
    }

    /// The address just behind the body, where kinds with trailing data keep it.
    #[inline(always)]
    pub fn trailing<U>(&self) -> *mut U {
        // SAFETY: one past the body is inside the cell or just at its end.
        unsafe { self.0.as_ptr().add(1) as *mut U }
    }
}

impl<T: Body> Deref for Ref<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: as for `header`; bodies are only ever shared, what changes in them is in Cells.
        unsafe { &(*self.0.as_ptr()).body }
    }
}

/// What the heap knows of a kind: made by `kind.rs` from its table.
pub struct KindInfo {
    /// Header and body in bytes.
    pub size: usize,
    /// Calls `Body::trace`.
    pub trace: unsafe fn(*const Header, &mut Marker),
    /// Drops the body, where it owns memory outside the cell.
    pub drop: Option<unsafe fn(*mut Header)>,
}

impl KindInfo {
    /// The entry for a body.
    pub const fn of<T: Body>() -> KindInfo {
        unsafe fn trace<T: Body>(header: *const Header, marker: &mut Marker) {
            // SAFETY: called by the marker with the header of an object of this kind.
            unsafe { (*(header as *const Object<T>)).body.trace(marker) }
        }
        unsafe fn drop<T: Body>(header: *mut Header) {
            // SAFETY: called by the sweeper, once, with the header of a dead object of this kind.
            unsafe { std::ptr::drop_in_place(&mut (*(header as *mut Object<T>)).body) }
        }
        KindInfo {
            size: size_of::<Object<T>>(),
            trace: trace::<T>,
            drop: if std::mem::needs_drop::<T>() { Some(drop::<T>) } else { None },
        }
    }
}

const BLOCK: usize = 64 * 1024;
/// So many bytes of a new block are made free cells at a time.
const SLAB: usize = 2048;
const LARGEST: usize = 1024;
const CLASSES: usize = 64 / 4 + 8;

/// Size class of a number of bytes: steps of 16 up to 256, of 128 up to 1,024.
#[inline(always)]
fn class_of(size: usize) -> usize {
    if size <= 256 { (size + 15) / 16 - 1 } else { 16 + (size - 256 + 127) / 128 - 1 }
}

fn class_size(class: usize) -> usize {
    if class < 16 { (class + 1) * 16 } else { 256 + (class - 15) * 128 }
}

/// A free cell: kind 0 and the next free one.
#[repr(C)]
struct FreeCell {
    header: Header,
    next: *mut FreeCell,
}

struct Block {
    start: *mut u8,
    class: u8,
    /// How much of it has ever been handed out, in bytes.
    used: usize,
}

struct Large {
    start: *mut u8,
    size: usize,
}

/// All objects.
pub struct Heap {
    free: [*mut FreeCell; CLASSES],
    /// Where new cells are cut from, per class: index into `blocks`, if there is one with room.
    open: [Option<u32>; CLASSES],
    blocks: Vec<Block>,
    /// Blocks not swept since the last marking, per class.
    unswept: [Vec<u32>; CLASSES],
    large: Vec<Large>,
    cycle: u8,
    /// How many cells have been cut from blocks.
    cells: usize,
    /// About how many bytes of the blocks hold no object: exact for cells that were never used, for those a marking
    /// left behind by the mean size of a cell.
    spare: usize,
    /// Objects with something to do before they go.
    finalisable: Vec<*const Header>,
    /// Fill freed cells with a pattern, to make a use after free loud.
    pub poison: bool,
    /// Collections so far.
    pub collections: usize,
}

impl Heap {
    /// An empty heap.
    pub fn new() -> Heap {
        Heap {
            free: [null_mut(); CLASSES],
            open: [None; CLASSES],
            blocks: Vec::new(),
            unswept: std::array::from_fn(|_| Vec::new()),
            large: Vec::new(),
            cycle: 1,
            cells: 0,
            spare: 0,
            finalisable: Vec::new(),
            poison: false,
            collections: 0,
        }
    }

    /// A new object.
    #[inline(always)]
    pub fn allocate<T: Body>(&mut self, layout: LayoutId, body: T) -> Ref<T> {
        let cell = self.cell(size_of::<Object<T>>());
        self.fill(cell, layout, body, 0, 0)
    }

    /// A new object with `bytes` of room behind its body, which the caller fills at once.
    #[inline(always)]
    pub fn allocate_trailing<T: Body>(&mut self, layout: LayoutId, body: T, bytes: usize) -> Ref<T> {
        let cell = self.cell(size_of::<Object<T>>() + bytes);
        self.fill(cell, layout, body, 0, 0)
    }

    /// A new object with room for attributes: a dictionary word and `capacity` slots, all UNBOUND.
    #[inline(always)]
    pub fn allocate_attributed<T: Body>(&mut self, layout: LayoutId, body: T, capacity: u8) -> Ref<T> {
        let cell = self.cell(size_of::<Object<T>>() + 8 + capacity as usize * 8);
        let object = self.fill(cell, layout, body, Header::HAS_ATTRIBUTES, capacity);
        let words = object.trailing::<u64>();
        for index in 0..=capacity as usize {
            // SAFETY: the cell was asked for with room for these words.
            unsafe { words.add(index).write(0) };
        }
        object
    }

    #[inline(always)]
    fn fill<T: Body>(&mut self, cell: *mut u8, layout: LayoutId, body: T, flags: u8, capacity: u8) -> Ref<T> {
        let object = cell as *mut Object<T>;
        let header = Header {
            kind: Cell::new(T::KIND),
            mark: Cell::new(self.cycle),
            flags: Cell::new(flags),
            capacity: Cell::new(capacity),
            layout: Cell::new(layout),
        };
        // SAFETY: `cell` is free and as large as the object.
        unsafe {
            object.write(Object { header, body });
            Ref(NonNull::new_unchecked(object), PhantomData)
        }
    }

    /// A free cell of at least `size` bytes.
    #[inline(always)]
    fn cell(&mut self, size: usize) -> *mut u8 {
        if size > LARGEST {
            return self.large_cell(size);
        }
        let class = class_of(size);
        let cell = self.free[class];
        if cell.is_null() {
            return self.refill(class);
        }
        // SAFETY: what is in the free list is a free cell.
        unsafe { self.free[class] = (*cell).next };
        cell as *mut u8
    }

    #[inline(never)]
    fn large_cell(&mut self, size: usize) -> *mut u8 {
        let memory = Memory::from_size_align(size, 16).expect("sizes are below isize::MAX");
        // SAFETY: the size is not zero.
        let start = unsafe { alloc(memory) };
        if start.is_null() {
            std::alloc::handle_alloc_error(memory);
        }
        assert!((start as u64) >> 48 == 0, "addresses fit 48 bits");
        self.large.push(Large { start, size });
        start
    }

    #[inline(never)]
    fn refill(&mut self, class: usize) -> *mut u8 {
        while let Some(block) = self.unswept[class].pop() {
            self.sweep_block(block as usize);
            let cell = self.free[class];
            if !cell.is_null() {
                // SAFETY: as in `cell`.
                unsafe { self.free[class] = (*cell).next };
                return cell as *mut u8;
            }
        }
        // Under AddressSanitizer each object is an allocation of its own, so that it sees a use after free.
        if cfg!(not(feature = "mimalloc")) {
            return self.large_cell(class_size(class));
        }
        self.cut(class)
    }

    /// Cuts a slab of the open block of a class, or of a new one, into free cells: the first of them.
    fn cut(&mut self, class: usize) -> *mut u8 {
        let size = class_size(class);
        let block = match self.open[class] {
            Some(block) => block,
            None => self.new_block(class),
        };
        let open = &mut self.blocks[block as usize];
        let count = (SLAB / size).min((BLOCK - open.used) / size).max(1);
        // SAFETY: an open block has room for one cell at least, and `count` of them end within it.
        let first = unsafe {
            let first = open.start.add(open.used);
            for index in 1..count {
                let cell = first.add(index * size) as *mut FreeCell;
                (*cell).header.kind = Cell::new(Kind::Free);
                (*cell).next =
                    if index + 1 < count { first.add((index + 1) * size) as *mut FreeCell } else { null_mut() };
            }
            self.free[class] = if count > 1 { first.add(size) as *mut FreeCell } else { null_mut() };
            first
        };
        open.used += count * size;
        if open.used + size > BLOCK {
            self.open[class] = None;
        }
        self.cells += count;
        self.spare = self.spare.saturating_sub(count * size);
        first
    }

    fn new_block(&mut self, class: usize) -> u32 {
        let memory = Memory::from_size_align(BLOCK, 4096).expect("a block has a valid layout");
        // SAFETY: the size is not zero.
        let start = unsafe { alloc(memory) };
        if start.is_null() {
            std::alloc::handle_alloc_error(memory);
        }
        assert!((start as u64) >> 48 == 0, "addresses fit 48 bits");
        let index = self.blocks.len() as u32;
        self.blocks.push(Block { start, class: class as u8, used: 0 });
        self.spare += BLOCK;
        self.open[class] = Some(index);
        index
    }

    /// Registers an object that has something to do before it goes.
    pub fn add_finalisable(&mut self, header: &Header) {
        if !header.has(Header::HAS_FINALISER) {
            header.set(Header::HAS_FINALISER);
            self.finalisable.push(header);
        }
    }

    /// Begins a collection: everything left to sweep is swept, then a marker for the new cycle is made.
    pub fn begin(&mut self, layouts: usize) -> Marker {
        self.sweep_all();
        self.collections += 1;
        self.cycle = if self.cycle == 255 { 1 } else { self.cycle + 1 };
        Marker::new(self.cycle, layouts)
    }

    /// After marking: takes out of the list those objects with a finaliser that were not reached, and gives those of
    /// them that have something to do.
    pub fn take_unreached_finalisable(&mut self, has_something_to_do: impl Fn(&Header) -> bool) -> Vec<Value> {
        let cycle = self.cycle;
        let mut unreached = Vec::new();
        self.finalisable.retain(|&header| {
            // SAFETY: objects in the list are removed from it before they can be freed.
            let header = unsafe { &*header };
            if header.mark.get() == cycle {
                return true;
            }
            header.clear(Header::HAS_FINALISER);
            if has_something_to_do(header) {
                unreached.push(Value::from_header(header));
            }
            false
        });
        unreached
    }

    /// All objects that still have a finaliser to run, for the end of the program.
    pub fn take_finalisable(&mut self) -> Vec<Value> {
        let all = std::mem::take(&mut self.finalisable);
        // SAFETY: as in `take_unreached_finalisable`.
        all.into_iter()
            .map(|header| unsafe {
                (*header).clear(Header::HAS_FINALISER);
                Value::from_header(&*header)
            })
            .collect()
    }

    /// Was this object reached in the last marking?
    pub fn is_reached(&self, value: Value) -> bool {
        value.header().is_none_or(|header| header.mark.get() == self.cycle)
    }

    /// How many bytes the blocks have.
    pub fn size(&self) -> usize {
        self.blocks.len() * BLOCK
    }

    /// About how many bytes the objects of the blocks lack to fill them.
    pub fn spare(&self) -> usize {
        self.spare
    }

    /// Ends marking: what was not reached is free from now on, and swept when cells are needed.
    pub fn finish(&mut self, marker: &Marker) {
        let held = self.blocks.len() * BLOCK;
        let mean = held / self.cells.max(1);
        self.spare = held.saturating_sub(marker.reached() * mean);
        for list in &mut self.unswept {
            list.clear();
        }
        for (index, block) in self.blocks.iter().enumerate() {
            self.unswept[block.class as usize].push(index as u32);
        }
        // What the free lists hold is found again by sweeping.
        self.free = [null_mut(); CLASSES];
        self.sweep_large();
    }

    /// Sweeps now what would be swept later.
    pub fn sweep_all(&mut self) {
        for class in 0..CLASSES {
            while let Some(block) = self.unswept[class].pop() {
                self.sweep_block(block as usize);
            }
        }
    }

    /// Right after a marking: sweeps everything, and gives blocks without an object back to the system.
    pub fn give_back(&mut self) {
        self.sweep_all();
        let cycle = self.cycle;
        let is_used = |block: &Block| {
            let size = class_size(block.class as usize);
            (0..block.used / size).any(|cell| {
                // SAFETY: cells stand one after the other up to `used`.
                let header = unsafe { &*(block.start.add(cell * size) as *const Header) };
                header.kind() != Kind::Free && header.mark.get() == cycle
            })
        };
        let open = self.open.map(|index| index.map(|index| self.blocks[index as usize].start));
        let (kept, empty): (Vec<Block>, Vec<Block>) = std::mem::take(&mut self.blocks).into_iter().partition(is_used);
        self.blocks = kept;
        self.cells -= empty.iter().map(|block| block.used / class_size(block.class as usize)).sum::<usize>();
        for block in &empty {
            // SAFETY: no object is in it, and nothing knows of its free cells once the lists are made anew.
            unsafe { dealloc(block.start, Memory::from_size_align_unchecked(BLOCK, 4096)) };
            self.spare = self.spare.saturating_sub(BLOCK);
        }
        let place =
            |start: *mut u8| self.blocks.iter().position(|block| block.start == start).map(|index| index as u32);
        self.open = open.map(|start| start.and_then(place));
        self.free = [null_mut(); CLASSES];
        for index in 0..self.blocks.len() {
            self.sweep_block(index);
        }
    }

    fn sweep_large(&mut self) {
        let (cycle, poison) = (self.cycle, self.poison);
        self.large.retain(|large| {
            let header = large.start as *mut Header;
            // SAFETY: every entry of the list is an object; it is freed here only and leaves the list.
            unsafe {
                if (*header).mark.get() == cycle {
                    return true;
                }
                drop_body(header);
                if poison {
                    std::ptr::write_bytes(large.start, 0xdd, large.size);
                }
                dealloc(large.start, Memory::from_size_align_unchecked(large.size, 16));
                false
            }
        });
    }

    fn sweep_block(&mut self, index: usize) {
        let Block { start, class, used } = self.blocks[index];
        let size = class_size(class as usize);
        let mut head = self.free[class as usize];
        let mut freed = 0;
        // From the end, so that the list goes through the block from its start.
        let mut offset = used;
        while offset >= size {
            offset -= size;
            // SAFETY: cells stand one after the other up to `used`; each is free or an object, and says so.
            unsafe {
                let header = start.add(offset) as *mut Header;
                if (*header).kind() == Kind::Free || (*header).mark.get() != self.cycle {
                    if (*header).kind() != Kind::Free {
                        drop_body(header);
                        if self.poison {
                            std::ptr::write_bytes(header as *mut u8, 0xdd, size);
                        }
                        (*header).kind.set(Kind::Free);
                    }
                    let cell = header as *mut FreeCell;
                    (*cell).next = head;
                    head = cell;
                    freed += size;
                }
            }
        }
        self.free[class as usize] = head;
        self.spare = self.spare.saturating_sub(freed);
    }
}

/// Drops the body of a dead object.
///
/// # Safety
/// The header is that of an object nothing refers to any more, and its body has not been dropped yet.
unsafe fn drop_body(header: *mut Header) {
    unsafe {
        if let Some(drop) = KINDS[(*header).kind() as usize].drop {
            drop(header);
        }
    }
}

impl Copy for Block {}
impl Clone for Block {
    fn clone(&self) -> Block {
        *self
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.sweep_all();
        self.cycle = 0;
        self.sweep_large();
        for index in 0..self.blocks.len() {
            self.sweep_block(index);
            // SAFETY: made by `new_block` with this layout; nothing refers into it any more.
            unsafe { dealloc(self.blocks[index].start, Memory::from_size_align_unchecked(BLOCK, 4096)) };
        }
    }
}
