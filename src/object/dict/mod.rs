//! Dicts, their views, and read-only proxies of them.

mod table;
mod view;

pub use table::Dict;
pub use view::{DictView, MappingProxy, part_iterator, view_iterator};
