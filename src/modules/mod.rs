//! The native part of each library module, one file each.

use crate::object::module::{NativeModule, NativeModules};

/// All native modules.
const MODULES: &[&NativeModule] = &[];

/// The table the importer looks into.
pub fn all() -> NativeModules {
    MODULES.iter().map(|&module| (module.name, module)).collect()
}
