use tokio::signal::unix::{SignalKind, signal};
pub use tokio_util::sync::CancellationToken as Shutdown;

/// A token that is cancelled by Ctrl-C or SIGTERM. A second signal ends the process at once.
///
/// # Errors
/// The operating system refuses the signal handlers.
pub fn shutdown_on_signal() -> std::io::Result<Shutdown> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let shutdown = Shutdown::new();
    let token = shutdown.clone();
    tokio::spawn(async move {
        for exit in [false, true] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if exit {
                std::process::exit(130);
            }
            token.cancel();
            tracing::info!("draining; a second signal ends at once");
        }
    });
    Ok(shutdown)
}
