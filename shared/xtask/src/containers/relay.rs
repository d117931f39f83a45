//! Lets containers reach servers that listen on the loopback alone.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use anyhow::Context as _;

/// Takes connections at an address, for as long as this process lives, and passes their bytes on to the same port of the
/// loopback.
pub(super) fn relay(address: IpAddr, port: u16) -> anyhow::Result<()> {
    let listener = TcpListener::bind((address, port)).with_context(|| format!("cannot listen on {address}:{port}"))?;
    thread::spawn(move || {
        for incoming in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || pass_on(incoming, SocketAddr::from((Ipv4Addr::LOCALHOST, port))));
        }
    });
    Ok(())
}

/// One direction here, the other one beside. A server that is down closes the connection.
fn pass_on(client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    let (client_out, server_in) = (client.try_clone()?, server.try_clone()?);
    let answers = thread::spawn(move || copy(&server_in, &client_out));
    copy(&client, &server)?;
    answers.join().unwrap_or(Ok(()))
}

fn copy(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    let copied = io::copy(&mut from, &mut to).map(|_| ());
    // It may be closed already.
    let _ = to.shutdown(Shutdown::Write);
    copied
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn passes_bytes_both_ways() -> anyhow::Result<()> {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = server.local_addr()?.port();
        // Another address of the loopback, so that the port is free.
        let address = IpAddr::from([127, 0, 0, 2]);
        relay(address, port)?;
        let echo = thread::spawn(move || -> io::Result<()> {
            let (stream, _) = server.accept()?;
            copy(&stream, &stream)
        });
        let mut client = TcpStream::connect((address, port))?;
        client.write_all(b"ids only")?;
        client.shutdown(Shutdown::Write)?;
        let mut answer = String::new();
        client.read_to_string(&mut answer)?;
        assert_eq!(answer, "ids only");
        echo.join().expect("it does not panic")?;
        Ok(())
    }
}
