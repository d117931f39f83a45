//! Where the servers are.

/// What a variable says. Without it a test fails, unless only the embedded parts are to be tested: `None`.
#[allow(clippy::print_stdout)] // For the person who reads the test's output.
pub(crate) fn server(variable: &str) -> Option<String> {
    match std::env::var(variable) {
        Ok(value) => Some(value),
        Err(_) if std::env::var_os("TEST_EMBEDDED_ONLY").is_some() => {
            println!("{variable} is not given: passed over, only the embedded parts are tested");
            None
        }
        Err(_) => {
            panic!("{variable} is not given: run `cargo xtask test`, or `cargo xtask servers` and export its lines")
        }
    }
}
