use std::net::Ipv4Addr;

use hickory_proto::op::{Message, Query as Question, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};

use super::*;
use crate::names::is_fake;
use crate::room::Room;
use crate::world::{World, listen, rule};

fn query(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::query();
    message.add_query(Question::query(Name::from_ascii(name).unwrap(), kind));
    message.to_vec().unwrap()
}

/// A program that asks a session's resolver over UDP.
struct Program {
    socket: UdpSocket,
    _serving: JoinSet<()>,
}

impl Program {
    async fn new(world: &World) -> Self {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        socket.connect(server.local_addr().unwrap()).await.unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(serve_udp(server, Arc::clone(&world.session)));
        Self {
            socket,
            _serving: serving,
        }
    }

    async fn ask(&self, name: &str, kind: RecordType) -> Message {
        self.socket.send(&query(name, kind)).await.unwrap();
        let mut buffer = [0; 4096];
        let count = self.socket.recv(&mut buffer).await.unwrap();
        Message::from_vec(&buffer[..count]).unwrap()
    }

    async fn address(&self, name: &str) -> Option<Ipv4Addr> {
        let reply = self.ask(name, RecordType::A).await;
        match &reply.answers.first()?.data {
            RData::A(address) => Some(address.0),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn names_that_are_asked_about_denied_or_pinned_get_fake_addresses_without_a_lookup() {
    let world = World::asking(&rule("deny", "denied.test"), &[("pinned.test", 443)]);
    let program = Program::new(&world).await;
    for name in ["asked.test.", "denied.test.", "pinned.test."] {
        let address = program.address(name).await.unwrap();
        assert!(is_fake(address), "{name} {address}");
        assert_eq!(program.address(&name.to_uppercase()).await, Some(address));
        // The way back.
        let [a, b, c, d] = address.octets();
        let reply = program
            .ask(&format!("{d}.{c}.{b}.{a}.in-addr.arpa."), RecordType::PTR)
            .await;
        assert_eq!(reply.answers[0].data.to_string(), name);
        // No other record, and no sign that the name does not exist.
        for kind in [RecordType::AAAA, RecordType::HTTPS, RecordType::TXT] {
            let reply = program.ask(name, kind).await;
            assert_eq!(
                (reply.metadata.response_code, reply.answers.len()),
                (ResponseCode::NoError, 0)
            );
        }
    }
    assert_eq!(world.verdicts(), Vec::<[String; 3]>::new());
    let unknown = program.ask("9.9.18.198.in-addr.arpa.", RecordType::PTR).await;
    assert_eq!(unknown.metadata.response_code, ResponseCode::NXDomain);
}

#[tokio::test]
async fn an_allowed_name_is_looked_up_and_gets_a_fake_address_if_it_exists() {
    // The only name that exists on every machine; as a name of its own it is loopback without any lookup.
    let world = World::new(&rule("allow", "localhost"), &[]);
    let answer = answer(
        &world.session,
        Answering::Lookup(HostName::parse("localhost").unwrap()),
    )
    .await;
    assert!(
        matches!(answer, Answer::Address(IpAddr::V4(address)) if is_fake(address)),
        "{answer:?}"
    );
    let needed = |name: &str| answering(&world.session, &Asked::Address(HostName::parse(name).unwrap()));
    assert!(matches!(needed("localhost"), Answering::Lookup(_)));
    assert!(matches!(needed("other.test"), Answering::Now(Answer::Address(_))));
}

#[tokio::test]
async fn too_many_new_names_fail_with_one_event() {
    let world = World::new("", &[]);
    let program = Program::new(&world).await;
    let mut failed = 0;
    for number in 0..150 {
        let reply = program.ask(&format!("n{number}.test."), RecordType::A).await;
        failed += u32::from(reply.metadata.response_code == ResponseCode::ServFail);
    }
    assert!(0 < failed && failed <= 50, "{failed}");
    let denials = world.verdicts();
    assert_eq!(denials.len(), 1, "{denials:?}");
    assert!(
        denials[0][0].ends_with(":53") && denials[0][2].contains("too many names"),
        "{denials:?}"
    );
    assert!(
        program.address("n0.test.").await.is_some(),
        "a known name still has its address"
    );
}

#[tokio::test]
async fn tcp_answers_several_queries_on_a_connection() {
    let world = World::new("", &[]);
    let (listener, port) = listen().await;
    let mut serving = JoinSet::new();
    let share = Room::new(1_000).join().unwrap();
    serving.spawn(serve_tcp(listener, Arc::clone(&world.session), share));
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    for name in ["a.test.", "b.test.", "a.test."] {
        let query = query(name, RecordType::A);
        stream
            .write_u16(u16::try_from(query.len()).unwrap())
            .await
            .unwrap();
        stream.write_all(&query).await.unwrap();
        let mut reply = vec![0; usize::from(stream.read_u16().await.unwrap())];
        stream.read_exact(&mut reply).await.unwrap();
        assert_eq!(Message::from_vec(&reply).unwrap().answers.len(), 1);
    }
}
