//! Recordings of tasks that are none, told to a recorder by hand.

use super::folding::MOST_RUNS;
use super::lanes::MOST_LANES;
use super::*;
use crate::object::timeline::Recording;

const TASKS: [usize; 3] = [100, 200, 300];

/// Three tasks that take turns so often.
fn recorded(turns: usize) -> Recording {
    let mut recorder = Recorder::new(1, false);
    for task in TASKS {
        recorder.make(task, LaneKind::Task, Name::Task(task as u32), None, NOBODY, None);
    }
    for _ in 0..turns {
        for task in TASKS {
            recorder.begin_step(task, 0);
            let lane = recorder.lane_of(task).expect("the task has a lane");
            recorder.end(lane, None, Reason::Nothing);
        }
    }
    for task in TASKS {
        recorder.finish_lane(task, Outcome::Returned);
    }
    recorder.finish("test")
}

#[test]
fn few_runs_are_all_there() {
    let recording = recorded(10);
    assert_eq!(recording.resolution, 0);
    assert_eq!(recording.lanes.len(), 4);
    assert_eq!(recording.runs.len(), 31);
    assert!(recording.runs.iter().all(|run| run.steps == 1 && run.ready <= run.began && run.began <= run.ended));
    assert!(recording.runs.is_sorted_by_key(|run| run.began));
}

#[test]
fn many_runs_are_folded_and_none_is_lost() {
    let recording = recorded(100_000);
    assert!(recording.resolution > 0);
    assert!(recording.runs.len() < MOST_RUNS);
    assert_eq!(recording.runs.iter().map(|run| u64::from(run.steps)).sum::<u64>(), 300_001);
    assert_eq!(recording.summary.runs, 300_001);
    let ran: u64 = recording.runs.iter().filter(|run| run.lane > 0).map(|run| run.ran).sum();
    assert!(ran <= recording.duration);
}

#[test]
fn lanes_beyond_what_a_page_can_hold_share_one() {
    let mut recorder = Recorder::new(1, false);
    for object in 0..MOST_LANES + 10 {
        recorder.make(object * 8 + 8, LaneKind::Task, Name::Task(1), None, NOBODY, None);
    }
    let recording = recorder.finish("test");
    assert_eq!(recording.lanes.len(), MOST_LANES + 1);
    assert_eq!(recording.lanes.last().map(|lane| lane.kind), Some(LaneKind::More));
}

#[test]
fn each_of_many_lanes_keeps_runs() {
    let mut recorder = Recorder::new(1, false);
    let tasks = 8..8 + MOST_LANES / 2;
    for task in tasks.clone() {
        recorder.make(task, LaneKind::Task, Name::Task(task as u32), None, NOBODY, None);
    }
    for _ in 0..6 {
        for task in tasks.clone() {
            recorder.begin_step(task, 0);
            let lane = recorder.lane_of(task).expect("the task has a lane");
            recorder.end(lane, None, Reason::Nothing);
        }
    }
    let recording = recorder.finish("test");
    assert!(recording.runs.len() > 2 * tasks.len());
    assert_eq!(recording.summary.runs, 6 * tasks.len() as u64 + 1);
}

/// A task that stops to sleep, and whose time came so long before it is woken: when it was ready, and when it ran.
fn woken_late(late: Duration) -> (u64, [u64; 2]) {
    let mut recorder = Recorder::new(1, true);
    let lane = recorder.make(100, LaneKind::Task, Name::Task(1), None, NOBODY, None);
    recorder.begin_step(100, 0);
    let sleep = recorder.words("sleep");
    recorder.end(lane, None, sleep);
    recorder.pass(Duration::from_secs(5));
    recorder.act_late(late);
    recorder.wake_task(100);
    recorder.begin_step(100, 0);
    let recording = recorder.finish("test");
    let runs: Vec<_> = recording.runs.iter().filter(|run| run.lane == lane).collect();
    (runs[0].ended, [runs[1].ready, runs[1].began])
}

#[test]
fn whose_time_came_is_ready_from_then_on() {
    let (ended, [ready, began]) = woken_late(Duration::from_secs(3));
    assert!((2.0..2.5).contains(&((ready - ended) as f64 / 1e9)));
    assert!((3.0..3.5).contains(&((began - ready) as f64 / 1e9)));
}

#[test]
fn nobody_is_ready_before_it_stops() {
    let (ended, [ready, began]) = woken_late(Duration::from_secs(3600));
    assert_eq!(ended, ready);
    assert!((5.0..5.5).contains(&((began - ready) as f64 / 1e9)));
}

#[test]
fn the_longest_run_is_of_who_did_it() {
    let mut recorder = Recorder::new(1, true);
    let lane = recorder.make(100, LaneKind::Task, Name::Task(1), None, NOBODY, None);
    for _ in 0..3 {
        recorder.begin_step(100, 0);
        recorder.pass(Duration::from_secs(10));
        recorder.end(lane, None, Reason::Nothing);
        recorder.pass(Duration::from_secs(5));
    }
    let longest = recorder.finish("test").summary.longest_run.expect("something ran");
    assert_eq!(longest.lane, lane);
    assert!((10.0..10.5).contains(&(longest.nanoseconds as f64 / 1e9)));
}

#[test]
fn a_callback_between_steps_is_a_run_of_the_thread() {
    let mut recorder = Recorder::new(1, true);
    let lane = recorder.make(100, LaneKind::Task, Name::Task(1), None, NOBODY, None);
    for pause in [5, 20] {
        recorder.begin_step(100, 0);
        recorder.pass(Duration::from_secs(10));
        recorder.end(lane, None, Reason::Nothing);
        recorder.pass(Duration::from_secs(pause));
    }
    recorder.begin_step(100, 0);
    let longest = recorder.finish("test").summary.longest_run.expect("something ran");
    assert_eq!(longest.lane, 0);
    assert!((20.0..20.5).contains(&(longest.nanoseconds as f64 / 1e9)));
}

#[test]
fn virtual_time_counts() {
    let mut recorder = Recorder::new(1, true);
    recorder.make(100, LaneKind::Task, Name::Task(1), None, NOBODY, None);
    recorder.begin_step(100, 0);
    let (lane, sleep) = (recorder.lane_of(100).expect("it has a lane"), recorder.words("sleep"));
    recorder.end(lane, None, sleep);
    recorder.pass(Duration::from_secs(3600));
    recorder.act_late(Duration::ZERO);
    recorder.wake_task(100);
    recorder.begin_step(100, 0);
    let recording = recorder.finish("test");
    let longest = recording.summary.longest_wait.expect("it has waited");
    assert!((3600.0..3601.0).contains(&(longest.nanoseconds as f64 / 1e9)));
    assert_eq!(longest.reason.map(|reason| recording.reasons[reason as usize].as_str()), Some("sleep"));
}

#[test]
fn that_a_loop_waits_for_something_to_do_is_no_news() {
    let longest = |has_task: bool| {
        let mut recorder = Recorder::new(1, true);
        if has_task {
            let lane = recorder.make(100, LaneKind::Task, Name::Task(1), None, NOBODY, None);
            recorder.begin_step(100, 0);
            let sleep = recorder.words("sleep");
            recorder.end(lane, None, sleep);
        }
        let idle = recorder.words(SOMETHING_TO_DO);
        recorder.put_thread_aside(0, 0, None, idle);
        recorder.pass(Duration::from_secs(10));
        recorder.wake_task(100);
        recorder.pass(Duration::from_secs(10));
        recorder.take_thread_up(0, 0);
        recorder.begin_step(100, 0);
        let longest = recorder.finish("test").summary.longest_wait.expect("something has waited");
        (longest.lane, longest.nanoseconds / 1_000_000_000)
    };
    assert_eq!(longest(true), (1, 10));
    assert_eq!(longest(false), (0, 20));
}

#[test]
fn the_recording_ends_with_the_script_unless_something_goes_on() {
    let seconds = |goes_on: bool| {
        let mut recorder = Recorder::new(1, true);
        recorder.pass(Duration::from_secs(5));
        recorder.finish_main(1, Outcome::Returned);
        recorder.pass(Duration::from_secs(10));
        if goes_on {
            recorder.make(100, LaneKind::Task, Name::Task(1), None, NOBODY, None);
        }
        recorder.pass(Duration::from_secs(10));
        let recording = recorder.finish("test");
        let second = |time: u64| time / 1_000_000_000;
        assert_eq!(recording.lanes[0].ended.map(second), Some(5));
        assert_eq!(recording.runs.iter().map(|run| (run.lane, second(run.ended))).collect::<Vec<_>>(), [(0, 5)]);
        assert_eq!(recording.summary.longest_run.map(|run| second(run.nanoseconds)), Some(5));
        second(recording.duration)
    };
    assert_eq!(seconds(false), 5);
    assert_eq!(seconds(true), 15);
}
