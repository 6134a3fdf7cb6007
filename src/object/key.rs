//! Single-key operations on dicts and sets: at once on plain data, in pieces for the loop on keys with script
//! `__hash__` or `__eq__`.

use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::equality::Problem;
use crate::object::native::{KeyAction, KeyOperation, Stop};
use crate::object::set::Set;
use crate::object::value::Value;

/// The operation where the key and its candidates are plain data; else `Stop::Key` for the loop to carry out.
pub fn key_plain(cx: &mut Context, action: KeyAction, table: Value, key: Value, value: Value) -> Result<Value, Stop> {
    let found = crate::object::equality::hash(cx, key).and_then(|hash| {
        let place = match table.get::<Dict>() {
            Some(dict) => dict.find_hashed(cx, key, hash)?,
            None => table.get::<Set>().expect("a dict or a set").find_hashed(cx, key, hash)?,
        };
        Ok((hash, place))
    });
    match found {
        Ok((hash, place)) => key_result(cx, action, table, key, value, hash, place),
        Err(Problem::Stop(stop)) => Err(stop),
        Err(Problem::Script) => Err(Stop::Key(Box::new(KeyOperation { action, table, key, value }))),
    }
}

/// What an operation does once it is known where the key stands, if it does.
pub fn key_result(
    cx: &mut Context,
    action: KeyAction,
    table: Value,
    key: Value,
    value: Value,
    hash: i64,
    place: Option<usize>,
) -> Result<Value, Stop> {
    match table.get::<Dict>() {
        Some(dict) => match (action, place) {
            (KeyAction::Contains, place) => Ok(Value::bool(place.is_some())),
            (KeyAction::Get | KeyAction::GetDefault | KeyAction::SetDefault, Some(place)) => {
                Ok(dict.entry_value_cell(place).get())
            }
            (KeyAction::GetDefault, None) => Ok(value),
            (KeyAction::Set, Some(place)) => {
                dict.entry_value_cell(place).set(value);
                Ok(Value::NONE)
            }
            (KeyAction::Set | KeyAction::SetDefault, None) => {
                dict.insert_new(key, hash, value);
                Ok(if action == KeyAction::Set { Value::NONE } else { value })
            }
            (KeyAction::Pop, Some(place)) => Ok(dict.remove_at(place).1),
            (KeyAction::Delete, Some(place)) => {
                dict.remove_at(place);
                Ok(Value::NONE)
            }
            (KeyAction::Pop, None) if !value.is_unbound() => Ok(value),
            _ => Err(cx.key_error(key)),
        },
        None => {
            let set = table.get::<Set>().expect("a dict or a set");
            match (action, place) {
                (KeyAction::Contains, place) => Ok(Value::bool(place.is_some())),
                (KeyAction::Add, None) => {
                    set.insert_new(key, hash);
                    Ok(Value::NONE)
                }
                (KeyAction::Discard | KeyAction::Remove, Some(place)) => {
                    set.remove_at(place);
                    Ok(Value::NONE)
                }
                (KeyAction::Remove, None) => Err(cx.key_error(key)),
                _ => Ok(Value::NONE),
            }
        }
    }
}

/// Moves when a key comes or goes, so that a search in pieces knows to begin again.
pub fn table_version(table: Value) -> u64 {
    match table.get::<Dict>() {
        Some(dict) => dict.version() as u64,
        None => table.get::<Set>().expect("a dict or a set").version() as u64,
    }
}

/// The next place, and the key there, whose hash is this one.
pub fn table_candidate(table: Value, hash: i64, after: Option<usize>) -> Option<(usize, Value)> {
    match table.get::<Dict>() {
        Some(dict) => {
            let place = dict.candidate(hash, after)?;
            dict.entry(place).map(|(key, _)| (place, key))
        }
        None => {
            let set = table.get::<Set>().expect("a dict or a set");
            let place = set.candidate(hash, after)?;
            Some((place, set.member(place)))
        }
    }
}
