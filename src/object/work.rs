//! Work for the threads beside the machine: what would hold everything up, on data that is nobody's but its own. No
//! `Value` can get into it, since values are not `Send`.
//!
//! A native hands in a job and waits for its ticket; the event loop gives jobs to its threads and brings the answers.

use rustc_hash::FxHashMap;

use crate::object::context::Context;
use crate::object::descriptors::Ticket;
use crate::object::future::Future;
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::native::{Stop, Wait};
use crate::object::value::Value;

/// What is done on another thread.
pub type Job = Box<dyn FnOnce() -> Answer + Send>;

/// Makes of what was found what the program gets, on the machine's own thread.
pub type Answer = Box<dyn FnOnce(&mut Context) -> Result<Value, Stop> + Send>;

/// The threads that do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crew {
    /// Those that look up names: a slow server of names holds up nothing but other look-ups.
    Names,
    /// Those for everything else.
    Others,
}

/// A job and who does it.
pub struct Work {
    /// Names its answer.
    pub ticket: Ticket,
    /// Who does it.
    pub crew: Crew,
    /// What is done.
    pub job: Job,
}

/// Jobs that were handed in, and answers that were not taken yet.
#[derive(Default)]
pub struct Jobs {
    /// Those that no thread has got yet.
    pub new: Vec<Work>,
    /// The futures of those that a task waits for.
    pub futures: FxHashMap<Ticket, Ref<Future>>,
    /// What has been answered.
    pub answers: FxHashMap<Ticket, Answer>,
    last_ticket: Ticket,
}

impl Jobs {
    /// Shows the collector who waits.
    pub fn trace(&self, marker: &mut Marker) {
        self.futures.values().for_each(|&future| marker.object(future));
    }

    /// A ticket that nobody has.
    pub fn ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        self.last_ticket
    }

    /// Hands in a job, `make` of whose result the program gets.
    pub fn hand_in<T: Send + 'static>(
        &mut self,
        crew: Crew,
        job: impl FnOnce() -> T + Send + 'static,
        make: impl FnOnce(&mut Context, T) -> Result<Value, Stop> + Send + 'static,
    ) -> Ticket {
        let job = move || -> Answer {
            let found = job();
            Box::new(move |cx| make(cx, found))
        };
        let ticket = self.ticket();
        self.new.push(Work { ticket, crew, job: Box::new(job) });
        ticket
    }
}

/// The answers that have come for futures become their results.
pub fn settle_futures(cx: &mut Context) {
    let answered: Vec<Ticket> =
        cx.jobs.futures.keys().copied().filter(|ticket| cx.jobs.answers.contains_key(ticket)).collect();
    for ticket in answered {
        let (Some(future), Some(answer)) = (cx.jobs.futures.remove(&ticket), cx.jobs.answers.remove(&ticket)) else {
            continue;
        };
        let result = answer(cx);
        settle(cx, future, result);
    }
}

/// What a native came to becomes the outcome of a future, unless that is done.
pub fn settle(cx: &mut Context, future: Ref<Future>, result: Result<Value, Stop>) {
    match result {
        _ if future.is_done() => {}
        Ok(value) => future.finish(cx, value),
        Err(Stop::Raise(exception)) => future.fail(cx, exception),
        Err(Stop::Wait(wait)) if wait.job.is_some() => {
            cx.jobs.futures.extend(wait.job.map(|ticket| (ticket, future)));
        }
        Err(_) => {
            let Stop::Raise(error) = cx.runtime_error("this cannot be done beside the loop") else { return };
            future.fail(cx, error);
        }
    }
}

/// A native waits for a job, and finds the ticket behind its arguments when it is called again.
pub fn waiting_for(ticket: Ticket) -> Stop {
    let progress = Value::small(ticket as i64);
    Stop::Wait(Box::new(Wait { job: Some(ticket), progress, ..Wait::NOTHING }))
}

/// The result of the job whose ticket a native finds behind its arguments; it may still have to wait for it.
pub fn result_of(cx: &mut Context, ticket: Value) -> Result<Value, Stop> {
    let ticket = Int::to_i64(ticket).map_or(0, |ticket| ticket as Ticket);
    match cx.jobs.answers.remove(&ticket) {
        Some(answer) => answer(cx),
        None => Err(waiting_for(ticket)),
    }
}
