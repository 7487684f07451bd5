//! A session bus of the test's own. It starts nothing on demand: who is on it, is up to the test.

use std::fs;
use std::process::Command;

use zbus::Connection;
use zbus::fdo::DBusProxy;

use super::{Program, notification_server, tray_host, wait};
use crate::{Finished, Running, World};

/// Everybody of this user may do everything, and no service is known.
const CONFIGURATION: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// The bus. It ends when this is dropped.
#[derive(Debug)]
pub struct Bus {
    _daemon: Program,
    address: String,
}

impl Bus {
    /// Starts it, at the same address every time.
    pub fn start(world: &World) -> Self {
        let socket = world.outside().join("bus");
        drop(fs::remove_file(&socket));
        let configuration = world.outside().join("bus.conf");
        let text = CONFIGURATION.replace("SOCKET", socket.to_str().unwrap());
        fs::write(&configuration, text).unwrap();
        let mut command = world.host("dbus-daemon");
        command.arg("--config-file").arg(&configuration).args([
            "--nofork",
            "--nopidfile",
            "--print-address=1",
        ]);
        let (daemon, _address) = Program::announced(world, &command);
        Self {
            _daemon: daemon,
            address: format!("unix:path={}", socket.display()),
        }
    }

    /// Its address, as programs find it in their environment.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A command of somebody who has it.
    pub fn of(&self, mut command: Command) -> Command {
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command
    }

    /// A script of a session of theirs, while it runs.
    pub fn start_sh(&self, world: &World, options: &[&str], script: &str) -> Running {
        let mut command = world.askbox(&["run"]);
        command.args(options).args(["--", "sh", "-c", script]);
        Running::start(self.of(command))
    }

    /// The same, to its end.
    pub fn sh(&self, world: &World, options: &[&str], script: &str) -> Finished {
        self.start_sh(world, options, script).finish()
    }

    /// Whether somebody goes by this name.
    pub fn has(&self, name: &str) -> bool {
        wait(async {
            let bus = DBusProxy::new(&self.connect().await).await.unwrap();
            bus.name_has_owner(name.try_into().unwrap()).await.unwrap()
        })
    }

    /// How many icons the tray host on the bus has.
    pub fn tray_icons(&self) -> usize {
        wait(async {
            let own = self.connect().await;
            let host = zbus::Proxy::new(&own, tray_host::NAME, tray_host::PATH, tray_host::NAME);
            let host = host.await.unwrap();
            let items: Vec<String> = host.get_property("RegisteredStatusNotifierItems").await.unwrap();
            items.len()
        })
    }

    /// Says, as a stranger, that a button of a notification was clicked: to everybody, and to the one who showed it.
    pub fn forge_click(&self, shown_by: &str, id: u32, key: &str) {
        wait(async {
            let stranger = self.connect().await;
            for destination in [None, Some(shown_by)] {
                stranger
                    .emit_signal(
                        destination,
                        notification_server::PATH,
                        notification_server::NAME,
                        "ActionInvoked",
                        &(id, key),
                    )
                    .await
                    .unwrap();
            }
            // The bus has passed on what came before what it answers.
            DBusProxy::new(&stranger).await.unwrap().get_id().await.unwrap();
        });
    }

    /// Goes by a name, and answers nobody who calls it: a program that hangs. Until the connection is dropped.
    pub fn hang_as(&self, name: &str) -> Connection {
        wait(async {
            let connection = self.connect().await;
            connection.request_name(name).await.unwrap();
            connection
        })
    }

    pub(super) async fn connect(&self) -> Connection {
        let builder = zbus::connection::Builder::address(self.address.as_str()).unwrap();
        builder.build().await.unwrap()
    }
}
