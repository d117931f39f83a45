use std::borrow::Cow;
use std::fmt;

use sqlx::error::DatabaseError;

use super::*;

/// A database's error of a code.
#[derive(Debug)]
struct Coded(&'static str);

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Coded {}

impl DatabaseError for Coded {
    fn message(&self) -> &str {
        self.0
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> sqlx::error::ErrorKind {
        match self.0 {
            "23505" | "2067" | "1555" => sqlx::error::ErrorKind::UniqueViolation,
            _ => sqlx::error::ErrorKind::Other,
        }
    }
}

const POSTGRES: [(Remedy, &[&str]); 4] = [
    (
        Remedy::Retry,
        &[
            "08000", "08001", "08003", "08004", "08006", "08P01", // connection exceptions
            "28000", "28P01", // authorization
            "3D000", "3F000", // no such database, no such schema
            "40000", "40001", "40003", "40P01", // rollbacks
            "42501", "42601", "42703", "42883", "42P01", // rights and schema
            "53000", "53100", "53200", "53300", "53400", // resources
            "55000", "55006", "55P03", "55P04", // not in the state that is needed
            "57014", // a statement that was cancelled
            "58000", "58030", "58P01", // system errors
            "F0000", "HV000", "P0001", "72000", "99999", "", // what is unknown here
        ],
    ),
    (
        Remedy::Reconnect,
        &[
            "0A000", // an overtaken plan
            "25000", "25001", "25006", "25P01", "25P02", "25P03", "25P04", // read-only, aborted, timed out
            "26000", "42P05", // prepared statements
            "57000", "57P01", "57P02", "57P03", "57P04", "57P05", // shutdown, crash, start, timeout
            "XX000", "XX001", "XX002",
        ],
    ),
    (Remedy::Refuse, &["23000", "23001", "23502", "23503", "23505", "23514", "23P01", "44000"]),
    (Remedy::GiveUp, &["21000", "22001", "22003", "22021", "22P02", "22P05", "54000", "54001", "54011"]),
];

const SQLITE: [(Remedy, &[&str]); 4] = [
    (Remedy::Retry, &["3", "5", "261", "517", "773", "6", "262", "518", "15", "23"]),
    (
        Remedy::Reconnect,
        &[
            "1", "257", "513", "769", // ERROR and its kinds, SNAPSHOT among them
            "2", "4", "516", "7", "3082", // INTERNAL, ABORT and after a rollback, NOMEM
            "8", "264", "520", "776", "1032", "1288", // READONLY: recovery, rollback, the file was moved
            "9", "10", "266", "522", "778", "1034", "2570", "6410", // INTERRUPT, IOERR
            "11", "267", "523", "12", "13", "14", "270", // CORRUPT, NOTFOUND, FULL, CANTOPEN
            "16", "17", "21", "22", "24", "26", "27", "28", "nonsense", "",
        ],
    ),
    (Remedy::Refuse, &["19", "275", "531", "787", "1299", "1555", "1811", "2067"]),
    (Remedy::GiveUp, &["18", "20", "25"]),
];

fn told(code: &'static str) -> sqlx::Error {
    sqlx::Error::Database(Box::new(Coded(code)))
}

#[test]
fn each_code_has_its_remedy() {
    for (by_code, table) in [(of_postgres as fn(&str) -> Remedy, POSTGRES), (of_sqlite, SQLITE)] {
        for (remedy, codes) in table {
            for code in codes {
                assert_eq!(by_code(code), remedy, "{code}");
            }
        }
    }
}

#[test]
fn each_code_is_told_at_the_port_and_leaves_the_sessions_that_are_sound() {
    for (by_code, table) in [(of_postgres as fn(&str) -> Remedy, POSTGRES), (of_sqlite, SQLITE)] {
        for (remedy, code) in table.iter().flat_map(|(remedy, codes)| codes.iter().map(move |code| (*remedy, *code))) {
            let errors = Errors::new(by_code);
            let expected = match (remedy, code) {
                (Remedy::Retry | Remedy::Reconnect, _) => ErrorKind::Unreachable,
                (Remedy::Refuse, "23505" | "1555" | "2067") => ErrorKind::AlreadyExists,
                (Remedy::Refuse, _) => ErrorKind::Rejected,
                (Remedy::GiveUp, _) => ErrorKind::Internal,
            };
            assert_eq!(errors.port_error("test", told(code)).kind(), expected, "{code}");
            assert_eq!(errors.trusts(Duration::from_secs(60)), remedy != Remedy::Reconnect, "{code}");
        }
    }
}

#[test]
fn errors_of_the_driver_are_sorted_too() {
    let kinds = |error| {
        let errors = Errors::new(of_postgres);
        let kind = errors.port_error("test", error).kind();
        (kind, errors.trusts(Duration::from_secs(60)))
    };
    let gone = || sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
    for error in [gone(), sqlx::Error::PoolTimedOut, sqlx::Error::PoolClosed, sqlx::Error::WorkerCrashed] {
        assert_eq!(kinds(error), (ErrorKind::Unreachable, true));
    }
    for error in [sqlx::Error::BeginFailed, sqlx::Error::InvalidSavePointStatement, sqlx::Error::Protocol("x".into())] {
        assert_eq!(kinds(error), (ErrorKind::Unreachable, false));
    }
    assert_eq!(kinds(sqlx::Error::RowNotFound), (ErrorKind::NotFound, true));
    assert_eq!(kinds(sqlx::Error::ColumnNotFound("x".to_owned())), (ErrorKind::Internal, true));
}

#[test]
fn sessions_that_are_younger_than_the_error_stay() {
    let errors = Errors::new(of_postgres);
    assert!(errors.trusts(Duration::from_secs(3600)), "nothing is wrong yet");
    let Some(before) = Instant::now().checked_sub(Duration::from_secs(10)) else { return };
    errors.distrust(before);
    assert!(errors.trusts(Duration::from_secs(5)) && !errors.trusts(Duration::from_secs(20)));
    errors.distrust(before + Duration::from_millis(999));
    assert!(errors.trusts(Duration::from_micros(9_500_000)), "not again within a second");
    errors.distrust(before + Duration::from_secs(1));
    assert!(!errors.trusts(Duration::from_micros(9_500_000)));
}
