//! Threads that do what would hold the machine up. They get owned data and give owned data back; the poller is told
//! when something is done.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::{io, thread};

use polling::Poller;

use crate::object::descriptors::Ticket;
use crate::object::signals;
use crate::object::work::{Answer, Crew, Work};

/// How many threads a crew has at most: names are waited for, the rest may use a processor.
const MOST_THREADS: usize = 16;

/// The threads, by what they do.
#[derive(Default)]
pub struct Pool {
    names: Arc<Shared>,
    others: Arc<Shared>,
    /// How many jobs have been given out whose answers have not come back.
    outstanding: usize,
}

/// What the threads of a crew and the machine's own share.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// A job has come.
    called: Condvar,
}

#[derive(Default)]
struct State {
    work: VecDeque<Work>,
    done: Vec<(Ticket, Answer)>,
    threads: usize,
    idle: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A job that panicked did so without the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, poller: &Poller) {
        let mut state = self.lock();
        loop {
            match state.work.pop_front() {
                Some(work) => {
                    drop(state);
                    let answer = (work.job)();
                    state = self.lock();
                    state.done.push((work.ticket, answer));
                    // A poller that cannot be woken finds the answer when it next looks.
                    let _ = poller.notify();
                }
                None => {
                    state.idle += 1;
                    state = self.called.wait(state).unwrap_or_else(PoisonError::into_inner);
                    state.idle -= 1;
                }
            }
        }
    }
}

impl Pool {
    fn crew(&self, crew: Crew) -> &Arc<Shared> {
        match crew {
            Crew::Names => &self.names,
            Crew::Others => &self.others,
        }
    }

    /// Has work done; the poller is woken when it is. An error says that there is no thread for it.
    pub fn submit(&mut self, work: Work, poller: &Arc<Poller>) -> io::Result<()> {
        let shared = self.crew(work.crew);
        let mut state = shared.lock();
        if state.idle <= state.work.len() && state.threads < MOST_THREADS {
            let (own, poller) = (shared.clone(), poller.clone());
            match thread::Builder::new().spawn(move || {
                signals::leave_to_others();
                own.run(&poller);
            }) {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => return Err(error),
                Err(_) => {}
            }
        }
        state.work.push_back(work);
        drop(state);
        shared.called.notify_one();
        self.outstanding += 1;
        Ok(())
    }

    /// What has been done since the last time.
    pub fn take_done(&mut self) -> Vec<(Ticket, Answer)> {
        let mut done = Vec::new();
        if self.outstanding > 0 {
            for crew in [Crew::Names, Crew::Others] {
                done.append(&mut self.crew(crew).lock().done);
            }
            self.outstanding -= done.len();
        }
        done
    }

    /// Is anything still to be done?
    pub fn is_busy(&self) -> bool {
        self.outstanding > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::value::Value;

    #[test]
    fn every_job_is_answered_under_its_ticket() {
        let mut pool = Pool::default();
        let poller = Arc::new(Poller::new().expect("there are descriptors left"));
        for ticket in 1..=40 {
            let crew = if ticket % 2 == 0 { Crew::Names } else { Crew::Others };
            let work = Work { ticket, crew, job: Box::new(|| Box::new(|_| Ok(Value::NONE))) };
            pool.submit(work, &poller).expect("there are threads");
        }
        let mut tickets = Vec::new();
        while pool.is_busy() {
            let mut events = polling::Events::new();
            poller.wait(&mut events, None).expect("the poller is there");
            tickets.extend(pool.take_done().into_iter().map(|(ticket, _)| ticket));
        }
        tickets.sort_unstable();
        assert!(tickets.into_iter().eq(1..=40));
    }
}
