//! A time as a text by a format of `strftime`, as the C library of Linux makes it where no locale is set.

use std::fmt::Write;

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A time taken apart, each field in its range.
pub struct Moment<'a> {
    /// As the calendar counts.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// 0 to 23.
    pub hour: i64,
    /// 0 to 59.
    pub minute: i64,
    /// 0 to 61.
    pub second: i64,
    /// 0 is Monday.
    pub weekday: i64,
    /// 1 to 366.
    pub day_of_year: i64,
    /// The name of the zone.
    pub zone: &'a str,
    /// Seconds east of Greenwich.
    pub offset: i64,
    /// Seconds since 1970, if they are known.
    pub seconds: &'a dyn Fn() -> Option<i64>,
}

/// What stands between the percent sign and the letter.
#[derive(Clone, Copy, Default)]
struct Wanted {
    pad: Option<char>,
    upper: bool,
    swap: bool,
    width: usize,
}

/// The text of a moment by a format; what is no conversion stays as it is.
pub fn format(format: &str, moment: &Moment<'_>) -> String {
    let mut out = String::with_capacity(2 * format.len());
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let conversion = &rest[at..];
        let mut length = 1;
        let mut wanted = Wanted::default();
        let mut letters = conversion[1..].chars().peekable();
        while let Some(flag) = letters.next_if(|letter| "_-0^#".contains(*letter)) {
            match flag {
                '^' => wanted.upper = true,
                '#' => wanted.swap = true,
                _ => wanted.pad = Some(flag),
            }
            length += 1;
        }
        while let Some(digit) = letters.next_if(char::is_ascii_digit) {
            wanted.width = (wanted.width * 10 + digit as usize - '0' as usize).min(1000);
            length += 1;
        }
        if letters.next_if(|letter| matches!(letter, 'E' | 'O')).is_some() {
            length += 1;
        }
        let letter = letters.next();
        length += letter.map_or(0, char::len_utf8);
        match letter.and_then(|letter| converted(letter, moment, wanted)) {
            Some(text) => out.push_str(&text),
            None => out.push_str(&conversion[..length]),
        }
        rest = &conversion[length..];
    }
    out + rest
}

fn number(value: i64, digits: usize, pad: char, wanted: Wanted) -> String {
    let width = wanted.width.max(digits);
    match wanted.pad.unwrap_or(pad) {
        '-' => format!("{value:>0$}", wanted.width),
        '_' => format!("{value:width$}"),
        _ => format!("{value:0width$}"),
    }
}

fn words(text: &str, wanted: Wanted) -> String {
    let text = match wanted.upper || wanted.swap {
        true => text.to_uppercase(),
        false => text.to_string(),
    };
    let width = wanted.width;
    match wanted.pad {
        Some('0') => "0".repeat(width.saturating_sub(text.len())) + &text,
        _ => format!("{text:>width$}"),
    }
}

fn together(pattern: &str, moment: &Moment<'_>, wanted: Wanted) -> String {
    words(&format(pattern, moment), Wanted { swap: false, ..wanted })
}

fn converted(letter: char, moment: &Moment<'_>, wanted: Wanted) -> Option<String> {
    let zeros = |value, digits| number(value, digits, '0', wanted);
    let blanks = |value, digits| number(value, digits, '_', wanted);
    let day = DAYS[moment.weekday.rem_euclid(7) as usize];
    let month = MONTHS[(moment.month - 1).rem_euclid(12) as usize];
    let hour = (moment.hour + 11) % 12 + 1;
    Some(match letter {
        'Y' => zeros(moment.year, 1),
        'm' => zeros(moment.month, 2),
        'd' => zeros(moment.day, 2),
        'H' => zeros(moment.hour, 2),
        'M' => zeros(moment.minute, 2),
        'S' => zeros(moment.second, 2),
        'y' => zeros(moment.year.rem_euclid(100), 2),
        'a' => words(&day[..3], wanted),
        'A' => words(day, wanted),
        'b' | 'h' => words(&month[..3], wanted),
        'B' => words(month, wanted),
        'I' => zeros(hour, 2),
        'p' if wanted.swap => words(half_of_day(moment, "am", "pm"), Wanted { swap: false, ..wanted }),
        'p' => words(half_of_day(moment, "AM", "PM"), wanted),
        'P' => words(half_of_day(moment, "am", "pm"), wanted),
        'j' => zeros(moment.day_of_year, 3),
        'w' => zeros((moment.weekday + 1) % 7, 1),
        'u' => zeros(moment.weekday + 1, 1),
        'U' => zeros((moment.day_of_year + 6 - (moment.weekday + 1) % 7) / 7, 2),
        'W' => zeros((moment.day_of_year + 6 - moment.weekday) / 7, 2),
        'G' => zeros(iso_week(moment).0, 1),
        'g' => zeros(iso_week(moment).0.rem_euclid(100), 2),
        'V' => zeros(iso_week(moment).1, 2),
        'C' => zeros(moment.year.div_euclid(100), 1),
        'e' => blanks(moment.day, 2),
        'k' => blanks(moment.hour, 2),
        'l' => blanks(hour, 2),
        'Z' if wanted.swap => words(&moment.zone.to_lowercase(), Wanted { swap: false, ..wanted }),
        'Z' => words(moment.zone, wanted),
        'z' => offset(moment.offset),
        's' => zeros((moment.seconds)()?, 1),
        'c' => together("%a %b %e %H:%M:%S %Y", moment, wanted),
        'x' | 'D' => together("%m/%d/%y", moment, wanted),
        'X' | 'T' => together("%H:%M:%S", moment, wanted),
        'r' => together("%I:%M:%S %p", moment, wanted),
        'R' => together("%H:%M", moment, wanted),
        'F' => together("%Y-%m-%d", moment, wanted),
        'n' => words("\n", wanted),
        't' => words("\t", wanted),
        '%' => words("%", wanted),
        _ => return None,
    })
}

fn half_of_day(moment: &Moment<'_>, morning: &'static str, evening: &'static str) -> &'static str {
    if moment.hour < 12 { morning } else { evening }
}

fn offset(seconds: i64) -> String {
    let mut text = String::from(if seconds < 0 { "-" } else { "+" });
    let minutes = seconds.abs() / 60;
    let _ = write!(text, "{:02}{:02}", minutes / 60, minutes % 60);
    text
}

fn days_of(year: i64) -> i64 {
    365 + (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) as i64
}

/// Year and number of the week by ISO 8601.
fn iso_week(moment: &Moment<'_>) -> (i64, i64) {
    let (year, weekday, day) = (moment.year, moment.weekday, moment.day_of_year);
    let week = (day - weekday + 9) / 7;
    if week < 1 {
        return (year - 1, (day + days_of(year - 1) - weekday + 9) / 7);
    }
    if week == 53 && day - weekday + 3 > days_of(year) {
        return (year + 1, 1);
    }
    (year, week)
}
