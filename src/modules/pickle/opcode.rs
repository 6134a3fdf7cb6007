//! The instructions of pickles, by the names that pickletools has for them.
//!
//! A pickle is a program for a machine with a stack and a memo: each instruction puts something on the stack, or makes
//! one thing of what is there.

macro_rules! opcodes {
    ($($name:ident $byte:literal $doc:literal;)*) => {
        $(#[doc = $doc] pub const $name: u8 = $byte;)*
    };
}

// ----- of all protocols
opcodes! {
    MARK b'(' "Marks the stack: what is above belongs together.";
    STOP b'.' "The end; what is on the stack is the object.";
    POP b'0' "Drops what is on top, or the mark.";
    POP_MARK b'1' "Drops what is above the mark, and the mark.";
    DUP b'2' "Puts what is on top there again.";
    FLOAT b'F' "A float as a line of text.";
    INT b'I' "An int or a bool as a line of text.";
    BININT b'J' "An int of four bytes.";
    BININT1 b'K' "An int of one byte, not negative.";
    LONG b'L' "An int of any size as a line of text.";
    BININT2 b'M' "An int of two bytes, not negative.";
    NONE b'N' "None.";
    PERSID b'P' "Something kept elsewhere, by a line of text.";
    BINPERSID b'Q' "The same, by what is on top.";
    REDUCE b'R' "Calls a function with a tuple of arguments.";
    STRING b'S' "Bytes of Python 2 as a line with quotes.";
    BINSTRING b'T' "Bytes of Python 2, with four bytes of length.";
    SHORT_BINSTRING b'U' "The same with one byte of length.";
    UNICODE b'V' "A str as a line of text with escapes.";
    BINUNICODE b'X' "A str in UTF-8 with four bytes of length.";
    APPEND b'a' "Appends what is on top to the list below.";
    BUILD b'b' "Gives the object below the state on top.";
    GLOBAL b'c' "A global, by two lines: module and name.";
    DICT b'd' "A dict of what is above the mark.";
    EMPTY_DICT b'}' "A dict without items.";
    APPENDS b'e' "Appends what is above the mark.";
    GET b'g' "What the memo has under a number, a line of text.";
    BINGET b'h' "The same, one byte.";
    INST b'i' "Calls a global, by two lines, with what is above the mark.";
    LONG_BINGET b'j' "What the memo has under a number of four bytes.";
    LIST b'l' "A list of what is above the mark.";
    EMPTY_LIST b']' "A list without items.";
    OBJ b'o' "Calls the first above the mark with the others.";
    PUT b'p' "Puts what is on top into the memo, under a line of text.";
    BINPUT b'q' "The same, one byte.";
    LONG_BINPUT b'r' "The same, four bytes.";
    SETITEM b's' "Puts a key and a value into the dict below.";
    TUPLE b't' "A tuple of what is above the mark.";
    EMPTY_TUPLE b')' "The tuple without items.";
    SETITEMS b'u' "Puts the pairs above the mark into the dict below.";
    BINFLOAT b'G' "A float of eight bytes, big-endian.";
}

// ----- since protocol 2
opcodes! {
    PROTO 0x80 "The protocol.";
    NEWOBJ 0x81 "Makes an instance: the class's `__new__` with a tuple of arguments.";
    EXT1 0x82 "A global that copyreg has a number for, of one byte.";
    EXT2 0x83 "The same, two bytes.";
    EXT4 0x84 "The same, four bytes.";
    TUPLE1 0x85 "A tuple of what is on top.";
    TUPLE2 0x86 "A tuple of two.";
    TUPLE3 0x87 "A tuple of three.";
    NEWTRUE 0x88 "True.";
    NEWFALSE 0x89 "False.";
    LONG1 0x8a "An int with one byte of length.";
    LONG4 0x8b "An int with four bytes of length.";
}

// ----- since protocol 3
opcodes! {
    BINBYTES b'B' "Bytes with four bytes of length.";
    SHORT_BINBYTES b'C' "Bytes with one byte of length.";
}

// ----- since protocol 4
opcodes! {
    SHORT_BINUNICODE 0x8c "A str with one byte of length.";
    BINUNICODE8 0x8d "A str with eight bytes of length.";
    BINBYTES8 0x8e "Bytes with eight bytes of length.";
    EMPTY_SET 0x8f "A set without items.";
    ADDITEMS 0x90 "Adds what is above the mark to the set below.";
    FROZENSET 0x91 "A frozenset of what is above the mark.";
    NEWOBJ_EX 0x92 "As NEWOBJ, with a dict of keyword arguments on top.";
    STACK_GLOBAL 0x93 "A global, by its module and name on the stack.";
    MEMOIZE 0x94 "Puts what is on top into the memo, under the next number.";
    FRAME 0x95 "So many bytes follow that may be read at once.";
}

// ----- since protocol 5
opcodes! {
    BYTEARRAY8 0x96 "A bytearray with eight bytes of length.";
    NEXT_BUFFER 0x97 "The next of the buffers that came beside the pickle.";
    READONLY_BUFFER 0x98 "Makes what is on top read-only.";
}
