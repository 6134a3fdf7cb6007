//! The native part of each library module, one file each.

pub mod gc;
pub mod sys;
pub mod time;

use crate::object::module::{NativeModule, NativeModules};

/// All native modules.
const MODULES: &[&NativeModule] = &[&gc::MODULE, &sys::MODULE, &time::MODULE];

/// The table the importer looks into.
pub fn all() -> NativeModules {
    MODULES.iter().map(|&module| (module.name, module)).collect()
}
