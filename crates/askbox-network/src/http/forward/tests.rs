use super::*;

fn sent(request: hyper::http::request::Builder) -> Request<()> {
    let mut request = request.body(()).unwrap();
    to_server(&mut request);
    request
}

fn header<'a, B>(request: &'a Request<B>, name: &str) -> Option<&'a str> {
    request.headers().get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn nothing_that_is_the_proxys_goes_on() {
    let request = Request::builder()
        .uri("http://ok.test:8080/a?b=c")
        .header("Host", "ok.test:8080")
        .header("Proxy-Authorization", "Basic c2VjcmV0")
        .header("Proxy-Authorization", "Basic c2VjcmV0")
        .header("Proxy-Connection", "keep-alive")
        .header("Authorization", "Bearer mine");
    let request = sent(request);
    assert_eq!(request.uri(), "/a?b=c");
    assert_eq!(header(&request, "host"), Some("ok.test:8080"));
    assert_eq!(header(&request, "authorization"), Some("Bearer mine"));
    assert_eq!(header(&request, "proxy-authorization"), None);
    assert_eq!(header(&request, "proxy-connection"), None);
    assert_eq!(header(&request, "connection"), Some("close"));
}

#[test]
fn a_server_is_told_its_host_and_a_path() {
    let request = sent(Request::builder().uri("http://ok.test:8080"));
    assert_eq!(request.uri(), "/");
    assert_eq!(header(&request, "host"), Some("ok.test:8080"));
}

#[test]
fn an_upgrade_is_passed_on_as_it_is() {
    let request = Request::builder()
        .uri("http://ok.test/")
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket");
    assert_eq!(header(&sent(request), "connection"), Some("Upgrade"));
}

#[test]
fn a_client_is_told_to_come_again_for_more() {
    let mut response = Response::builder()
        .header("Connection", "keep-alive")
        .header("Proxy-Authenticate", "Basic")
        .body(())
        .unwrap();
    to_client(&mut response);
    assert_eq!(response.headers()["connection"], "close");
    assert!(!response.headers().contains_key("proxy-authenticate"));
}
