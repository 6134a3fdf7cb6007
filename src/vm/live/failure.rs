//! The failures that nobody has looked at yet: a task that has failed stands in the tree until somebody asks for its
//! result, or is told that nobody can any more.

use crate::modules::asyncio::failures;
use crate::object::context::Context;
use crate::object::event_loop::EventLoop;
use crate::object::exception::Traceback;
use crate::object::future::{Future, Role};
use crate::object::heap::Ref;
use crate::object::repr;
use crate::object::string::text_of;
use crate::object::value::Value;
use crate::vm::live::place::Place;
use crate::vm::live::task::{Survey, title};
use crate::vm::live::text::{Branch, counted, duration};

/// So many failures are shown.
const MOST_FAILURES: usize = 20;

/// So many characters of what an exception says are shown.
const MOST_CHARACTERS: usize = 150;

impl Survey<'_> {
    /// The branches of what has failed in a loop.
    pub(super) fn failures(&mut self, event_loop: Ref<EventLoop>) -> Vec<Branch> {
        let mut failed = failures(self.cx);
        failed.retain(|future| future.event_loop == event_loop);
        failed.sort_by_key(|future| (future.role != Role::Task, future.number.get()));
        let more = failed.len().saturating_sub(MOST_FAILURES);
        failed.truncate(MOST_FAILURES);
        let mut branches: Vec<Branch> = failed.into_iter().map(|future| self.failure(future)).collect();
        if more > 0 {
            branches.push(Branch::line(format!("and {}", counted(more, "more failure"))));
        }
        branches
    }

    fn failure(&mut self, future: Ref<Future>) -> Branch {
        let what = match future.role {
            Role::Task => title(future),
            Role::Gathering => "gather()".to_string(),
            Role::Future => "a Future".to_string(),
        };
        let ago = future.waited(self.now).map_or(String::new(), |ago| format!(" {} ago", duration(ago)));
        let exception = in_words(self.cx, future.result.get());
        let mut lines = vec![format!("{what} failed{ago}, and nobody has looked at it yet: {exception}")];
        lines.extend(place_of(future.failed_at()).map(Place::shown));
        Branch { lines, below: Vec::new() }
    }
}

/// Its class and the beginning of what it says, as far as that can be known without running any of the script.
fn in_words(cx: &mut Context, exception: Value) -> String {
    let name = cx.type_name(exception);
    let text = repr::str(cx, exception).map_or_else(|_| String::new(), text_of);
    let first: String = text.lines().next().unwrap_or_default().chars().take(MOST_CHARACTERS).collect();
    match (first.is_empty(), first.len() < text.len()) {
        (true, _) => name,
        (_, true) => format!("{name}: {first}..."),
        (_, false) => format!("{name}: {first}"),
    }
}

/// Where an exception came from: the innermost line of the program, or of the library where there is none.
fn place_of(traceback: Value) -> Option<Place> {
    let (mut entry, mut found) = (traceback.get::<Traceback>(), None::<Place>);
    while let Some(level) = entry {
        let place = Place { code: level.code, word: level.word };
        if !place.is_of_library() || found.is_none_or(Place::is_of_library) {
            found = Some(place);
        }
        entry = level.next.get().get();
    }
    found
}
