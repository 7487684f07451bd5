use super::*;
use hickory_proto::op::Query as Question;

fn query(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::query();
    message.metadata.id = 7;
    message.metadata.recursion_desired = true;
    message.add_query(Question::query(Name::from_ascii(name).unwrap(), kind));
    message.to_vec().unwrap()
}

fn name(text: &str) -> HostName {
    HostName::parse(text).unwrap()
}

fn parse(bytes: &[u8]) -> Asked {
    read(bytes).unwrap().asked
}

fn answered(bytes: &[u8], answer: &Answer) -> Message {
    Message::from_vec(&reply(&read(bytes).unwrap(), answer).unwrap()).unwrap()
}

#[test]
fn queries_say_what_they_ask() {
    let fixed = Asked::Fixed;
    let loopback = |address: &str| fixed(Answer::Address(address.parse().unwrap()));
    let table = [
        ("example.com.", RecordType::A, Asked::Address(name("example.com"))),
        ("EXAMPLE.Com.", RecordType::A, Asked::Address(name("example.com"))),
        (
            "_x.example.com.",
            RecordType::SRV,
            Asked::Other(name("_x.example.com")),
        ),
        (
            "example.com.",
            RecordType::AAAA,
            Asked::Other(name("example.com")),
        ),
        (
            "example.com.",
            RecordType::HTTPS,
            Asked::Other(name("example.com")),
        ),
        (
            "example.com.",
            RecordType::SVCB,
            Asked::Other(name("example.com")),
        ),
        ("example.com.", RecordType::TXT, Asked::Other(name("example.com"))),
        ("example.com.", RecordType::ANY, Asked::Other(name("example.com"))),
        ("localhost.", RecordType::A, loopback("127.0.0.1")),
        ("a.b.LocalHost.", RecordType::AAAA, loopback("::1")),
        ("localhost.", RecordType::MX, fixed(Answer::NoData)),
        (
            "5.1.18.198.in-addr.arpa.",
            RecordType::PTR,
            Asked::Reverse(Ipv4Addr::new(198, 18, 1, 5)),
        ),
        (
            "1.0.0.127.in-addr.arpa.",
            RecordType::PTR,
            fixed(Answer::Name(name("localhost"))),
        ),
        ("5.1.18.198.in-addr.arpa.", RecordType::A, fixed(Answer::NoName)),
        ("1.18.198.in-addr.arpa.", RecordType::PTR, fixed(Answer::NoName)),
        ("1.0.0.0.ip6.arpa.", RecordType::PTR, fixed(Answer::NoName)),
        (".", RecordType::NS, fixed(Answer::NoData)),
    ];
    for (text, kind, expected) in table {
        assert_eq!(parse(&query(text, kind)), expected, "{text} {kind}");
    }
}

#[test]
fn a_label_that_no_host_has_is_no_name() {
    let labels: [&[u8]; 7] = [
        b"a b",
        b"a\0b",
        b"ok.test",
        b"a@b",
        b"a#b",
        b"a\nb",
        "ä".as_bytes(),
    ];
    for label in labels {
        let name = Name::from_labels([label, b"test"]).unwrap();
        let mut message = Message::query();
        message.add_query(Question::query(name, RecordType::A));
        assert_eq!(
            parse(&message.to_vec().unwrap()),
            Asked::Fixed(Answer::NoName),
            "{label:?}"
        );
    }
    // An address is no name either, however it is spelled.
    for text in ["10.0.0.1.", "127.1.", "2130706433.", "0x7f.1."] {
        assert_eq!(
            parse(&query(text, RecordType::A)),
            Asked::Fixed(Answer::NoName),
            "{text}"
        );
    }
}

#[test]
fn replies_carry_the_answer_for_one_second() {
    let reply = answered(
        &query("Example.com.", RecordType::A),
        &Answer::Address([198, 18, 1, 0].into()),
    );
    assert_eq!(reply.metadata.id, 7);
    assert!(reply.metadata.recursion_available && reply.metadata.recursion_desired);
    let [record] = reply.answers.as_slice() else {
        panic!("one answer")
    };
    assert_eq!(
        (record.ttl, record.data.clone()),
        (1, RData::A(A::new(198, 18, 1, 0)))
    );
    assert_eq!(record.name.to_ascii(), "Example.com.");
    assert!(reply.edns.is_none());

    let reply = answered(
        &query("5.1.18.198.in-addr.arpa.", RecordType::PTR),
        &Answer::Name(name("a.test")),
    );
    assert_eq!(
        reply.answers[0].data,
        RData::PTR(PTR(Name::from_ascii("a.test.").unwrap()))
    );
}

#[test]
fn replies_without_a_record_say_why() {
    let bytes = query("example.com.", RecordType::A);
    for (answer, code) in [
        (Answer::NoData, ResponseCode::NoError),
        (Answer::NoName, ResponseCode::NXDomain),
        (Answer::Failure, ResponseCode::ServFail),
        (Answer::Malformed, ResponseCode::FormErr),
        (Answer::NotImplemented, ResponseCode::NotImp),
    ] {
        let reply = answered(&bytes, &answer);
        assert_eq!(
            (reply.metadata.response_code, reply.answers.len()),
            (code, 0),
            "{answer:?}"
        );
    }
}

#[test]
fn edns_is_answered_with_edns() {
    let mut message = Message::from_vec(&query("example.com.", RecordType::A)).unwrap();
    message.set_edns(Edns::new());
    let reply = answered(&message.to_vec().unwrap(), &Answer::NoData);
    assert_eq!(reply.edns.map(|edns| edns.version()), Some(0));
}

#[test]
fn what_is_no_query_gets_an_error_or_nothing() {
    let good = query("example.com.", RecordType::A);
    // Cut in the middle of the question: FORMERR with the same id.
    let cut = read(&good[..20]).unwrap_err().unwrap();
    let cut = Message::from_vec(&cut).unwrap();
    assert_eq!(
        (cut.metadata.id, cut.metadata.response_code),
        (7, ResponseCode::FormErr)
    );
    // Shorter than a header, or a response: silence.
    assert!(read(&good[..8]).unwrap_err().is_none());
    assert!(read(b"").unwrap_err().is_none());
    let response = reply(&read(&good).unwrap(), &Answer::NoData).unwrap();
    assert!(read(&response).unwrap_err().is_none());
    // Two questions, no question, another class, another operation.
    let mut two = Message::from_vec(&good).unwrap();
    two.add_query(two.queries[0].clone());
    assert_eq!(parse(&two.to_vec().unwrap()), Asked::Fixed(Answer::Malformed));
    let mut none = Message::from_vec(&good).unwrap();
    none.queries.clear();
    assert_eq!(parse(&none.to_vec().unwrap()), Asked::Fixed(Answer::Malformed));
    let mut chaos = Message::from_vec(&good).unwrap();
    chaos.queries[0].query_class = DNSClass::CH;
    assert_eq!(
        parse(&chaos.to_vec().unwrap()),
        Asked::Fixed(Answer::NotImplemented)
    );
    let mut notify = Message::from_vec(&good).unwrap();
    notify.metadata.op_code = OpCode::Notify;
    assert_eq!(
        parse(&notify.to_vec().unwrap()),
        Asked::Fixed(Answer::NotImplemented)
    );
}
