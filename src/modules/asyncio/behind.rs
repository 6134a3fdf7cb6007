//! What stands behind a future that somebody waits for: other futures, or a primitive and who holds it. It is for those
//! who say who waits for whom while the program runs; the script half of the deadlock report has its own words.

use crate::modules::asyncio::{lock, queue, semaphore};
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::extension::Extension;
use crate::object::future::{Future, Role};
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::list::List;
use crate::object::value::Value;

/// What a future waits for in its turn.
pub enum Behind {
    /// Nobody knows: somebody will complete it.
    Nothing,
    /// It is a task, which has to end.
    Task(Ref<Future>),
    /// Those whose results are gathered.
    Gathering(Vec<Ref<Future>>),
    /// The one that is shielded.
    Shielded(Ref<Future>),
    /// Some of several, for `wait`.
    Several(Vec<Ref<Future>>),
    /// The tasks of a group.
    Group(Vec<Ref<Future>>),
    /// A primitive that these tasks hold, and its word.
    Held(&'static str, Vec<Ref<Future>>),
    /// Something that no task is known to be needed for.
    Thing(Value),
}

impl Behind {
    /// Of a future that is not done.
    pub fn of(cx: &mut Context, future: Ref<Future>) -> Behind {
        let behind = future.coroutine.get();
        match future.role {
            Role::Task => Behind::Task(future),
            Role::Gathering => Behind::Gathering(futures(behind.get::<List>().map(|list| list.to_vec()))),
            Role::Future if behind.is_none() => Behind::Nothing,
            Role::Future => Behind::of_plain(cx, behind),
        }
    }

    fn of_plain(cx: &mut Context, behind: Value) -> Behind {
        if let Some(inner) = behind.get::<Future>() {
            return Behind::Shielded(inner);
        }
        if let Some(list) = behind.get::<List>() {
            return Behind::Several(futures(Some(list.to_vec())));
        }
        if let Some(owner) = lock::owner(behind) {
            return Behind::Held("Lock", futures(Some(vec![owner])));
        }
        if let Some(holders) = semaphore::holders(behind) {
            return Behind::Held("Semaphore", futures(Some(holders)));
        }
        if !behind.is::<Extension>() && cx.type_name(behind) == "TaskGroup" {
            let tasks = cx.intern("_tasks");
            let tasks = behind.header().and_then(|group| group.own_attribute(cx, tasks));
            return Behind::Group(futures(tasks.and_then(|tasks| tasks.get::<Dict>()).map(|tasks| tasks.keys())));
        }
        Behind::Thing(behind)
    }

    /// The futures that have to be done, or some of them: not those that hold a primitive.
    pub fn awaited(&self) -> &[Ref<Future>] {
        match self {
            Behind::Task(future) | Behind::Shielded(future) => std::slice::from_ref(future),
            Behind::Gathering(futures) | Behind::Several(futures) | Behind::Group(futures) => futures,
            Behind::Held(..) | Behind::Thing(_) | Behind::Nothing => &[],
        }
    }
}

/// The name of a kind of thing as one reads it, behind its article: an RLock, a Lock.
pub fn with_article(kind: &str) -> String {
    let is_spelt_with_vowel = kind.starts_with("RL");
    match is_spelt_with_vowel || kind.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o']) {
        true => format!("an {kind}"),
        false => format!("a {kind}"),
    }
}

/// What is waited for by a future that this thing stands behind, in words.
pub fn thing_in_words(cx: &mut Context, thing: Value, future: Ref<Future>) -> String {
    let kind = cx.type_name(thing);
    let name = with_article(&kind);
    if let Some(words) = queue::wanted(thing, future, &name) {
        return words;
    }
    match kind.as_str() {
        "Limit" => "its turn among those of its limit".to_string(),
        "Event" => format!("{name} to be set"),
        "Condition" => format!("{name} to be notified"),
        "Barrier" => {
            let [come, parties] = ["_count", "_parties"].map(|name| {
                let name = cx.intern(name);
                thing.header().and_then(|barrier| barrier.own_attribute(cx, name)).and_then(Int::to_i64)
            });
            match (come, parties) {
                (Some(come), Some(parties)) => format!("{name} to which {come} of {parties} have come"),
                _ => name,
            }
        }
        _ => name,
    }
}

fn futures(values: Option<Vec<Value>>) -> Vec<Ref<Future>> {
    values.into_iter().flatten().filter_map(|value| value.get()).collect()
}

#[cfg(test)]
mod tests {
    use super::with_article;

    #[test]
    fn the_article_is_the_one_that_is_spoken() {
        let kinds = ["Lock", "Event", "RLock", "Resource", "object", "user"];
        let expected = ["a Lock", "an Event", "an RLock", "a Resource", "an object", "a user"];
        assert_eq!(kinds.map(with_article), expected);
    }
}
