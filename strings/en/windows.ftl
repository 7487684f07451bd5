### The windows alone.
### Text that came from a sandbox is never part of a message where it can stand beside it.

## Times and sizes

span-hours-minutes = { $n } h { $m } min
ago = { $span } ago
just-now = just now
never = never
size-bytes = { $n } B
size-kibibytes = { $n } KiB
size-mebibytes = { $n } MiB
size-gibibytes = { $n } GiB
size-tebibytes = { $n } TiB
unit-seconds = seconds
unit-minutes = minutes
unit-hours = hours
unit-days = days
# $label is the label of the number beside it.
unit-of = Unit of: { $label }

## Kinds of request and of event

kind-network = Network
kind-read = Read
kind-write = Change
kind-execute = Run
kind-profile = Profile
kind-neighbour = Neighbour
kind-growth = Growth on disk
kind-answer = Answer
kind-grant = Grant
kind-rule = Rule
kind-session = Session
kind-traffic = Traffic
kind-daemon = Askbox
kind-policy = Policy

## Said in several places

close = Close
connecting = Connecting…
unknown-program = an unknown program
down-title = Askbox is not connected.
down-text = Everything that sessions ask for is refused meanwhile.
host-port = port { $port }
host-unicode = looks like

## Prompt window

prompt-unknown-title = Askbox is not connected
prompt-empty-title = No question is open
prompt-empty-text = When a program in a sandbox wants something that no rule speaks about, it waits here for you.
prompt-time-left = { $time } left
prompt-time-up = Time is up
prompt-time-bar = Time left to answer
prompt-seconds-left = { $n } seconds left to answer
question-covers = What an answer covers
prompt-profile-text = This is one question about everything that the program needs for its own login and state. It covers what is listed here and nothing else.
prompt-growth-text = Nothing in the session runs until you answer. Where nobody does in time, it ends. What it grew by are its project and its private homes.
prompt-bundle = Belongs together:
prompt-bundle-text = Programs ask for these one after another. One answer can cover all of them, for reading and nothing else:
prompt-bundle-all = All that belongs together
prompt-what = What is asked for
prompt-who = Program
prompt-file = File:
prompt-pid = Process { $pid }
prompt-started-by = Started by
prompt-shared-with = Shared with
prompt-asked-by = Asked for by
prompt-where = Project
prompt-session = Session
prompt-unlisted-denied = { $n ->
    [one] One more did not fit the list and was denied.
   *[other] { $n } more did not fit the list and were denied.
}
prompt-unlisted-waits = { $n ->
    [one] One more waits and is not listed. The question goes on with it after your answer.
   *[other] { $n } more wait and are not listed. The question goes on with them after your answer.
}
prompt-covers-listed = An answer covers exactly what is listed, unless you widen it.
prompt-how-long = How long
prompt-once = Once
prompt-this-session = This session
prompt-how-much = How much
prompt-grow-once = As much again
prompt-grow-session = Without limit in this session
prompt-default-time = { $span }
prompt-custom-time = Another time
prompt-custom-length = Length of time
prompt-always = Always
prompt-how-far = How far
prompt-exactly = Exactly this
prompt-widened = Widened
prompt-widened-preview = A widened answer covers
prompt-for-whom = For whom
prompt-this-project = This project
prompt-everywhere = Every project
prompt-session-only = This session only
prompt-allow = Allow
prompt-grow = Let it go on
prompt-enter = Enter decides nothing.
prompt-grown = More was added. An answer is for what has been here for a moment; the rest is asked about next.
prompt-changed = The question changed. Look again before you answer.
prompt-stale = The question changed while you answered. Nothing was decided. Look again.
prompt-failed = Nothing was decided:
prompt-not-connected = Nothing can be answered: Askbox is not connected. Everything that sessions ask for is refused meanwhile.
prompt-open-missed = Open missed questions
prompt-queue = { $n } questions
elsewhere-allowed = Answered elsewhere: allowed.
elsewhere-denied = Answered elsewhere: blocked.
elsewhere-decided = Settled elsewhere: it needs no answer any more.
elsewhere-unheard = It is not open any more. How it ended is not known here, for Askbox was not connected: what waited was refused, unless somebody answered elsewhere.
elsewhere-missed = It was denied this once without an answer, and is listed under Missed.

## Settings window

views = Views
state-title = State
view-questions = Questions
view-questions-text = What waits for you, and what you missed.
view-rules = Rules
view-rules-text = What you decided, how long it holds, and whether it is used.
view-sessions = Sessions
view-sessions-text = What runs in a sandbox now, and what earlier runs left behind.
view-activity = Activity
view-activity-text = Every verdict, as the log has it.
view-settings = Settings
view-settings-text = How Askbox asks, and what it does without asking.
cancel = Cancel
save = Save
undo = Undo
undone = Undone.
dismiss = Dismiss
copy = Copy
copied = Copied.
loading = Loading…
not-known = Not known while Askbox is not connected.
is-on = on
is-off = off
is-unknown = not known

## Questions

controls-title = Pause and lockdown
pause-text = Pause questions: deny quietly and list them under Missed.
pause-for = Pause questions for
pause-minutes = { $n } min
pause-began = Questions are paused.
pause-end = Resume now
pause-ended = Questions are asked again.
paused-until = Questions are paused until { $time }. What would be asked is denied and listed under Missed.
lockdown = Lockdown
lockdown-text = Lockdown denies everything and cuts what is open.
log-unsigned = What is in the log is not signed, so a change to it is harder to find:
lockdown-on = Lockdown is on: everything is denied.
lockdown-title = Begin lockdown?
lockdown-confirm = Every request of every session is denied, and open connections and files are cut, until you end it. Sessions go on running, and start no other programs.
lockdown-begin = Begin lockdown
lockdown-began = Lockdown is on.
lockdown-ended = Lockdown is off.
questions-open = Open ({ $n })
questions-open-unknown = Open
questions-not-connected = not connected
questions-none = Nothing waits for you
questions-none-text = Run a program in a sandbox. When it wants more than its project, the question shows up here and as a notification.
questions-gave-up = the program stopped waiting
questions-answer = Answer…
questions-allowed = Allowed:
questions-blocked = Blocked:
questions-missed = Missed ({ $n })
questions-missed-unknown = Missed
missed-none = You missed nothing.
missed-text = These were denied without an answer, and no rule was written. An answer counts for the next try.
missed-timed-out = nobody answered in time
missed-quiet = its session was quiet
missed-paused = questions were paused
missed-suspended = the machine was put to sleep
missed-lockdown = everything was denied
missed-too-many = its session had too many open questions
missed-session-ended = its session ended
missed-log-failed = the answer could not be logged
missed-allow-now = Allow now
missed-allow-always = Always allow
quiet-title = Quiet sessions
quiet-text = These sessions asked too much in a minute. What they ask now is denied and listed under Missed until you let them ask again.
quiet-resumed = The session may ask again.

## Rules

effect-allow = Allow
effect-block = Block
effect-ask = Ask
origin-managed = written by the administrator
origin-flag = from the command line
origin-written = written in policy.toml
origin-answered = from an answer of yours
origin-project = from the project
origin-trusted = from a trusted project
origin-grant = remembered answer
rules-by-effect = By effect
rules-all = All
rules-allowed = Allowed
rules-blocked = Blocked
rules-asks = Asks
rules-area = Show
rules-search = Search rules
rules-use = Used
use-all = At any time
use-idle = Not for 30 days
use-never = Never
rules-order = Order
order-listed = As they are
order-idle = Longest unused
area-all = everything
area-domains = domains
area-paths = paths
area-programs = programs
rules-none = No rules yet
rules-none-text = Answer a question with Always, or write a rule here or in a terminal.
rules-no-match = No rule matches.
rules-more = Show more ({ $n })
rules-paste = Paste many…
rule-add = Add rule…
rule-add-title = Add a rule
rule-added = Rule added:
rule-edit = Edit…
rule-edit-of = Edit { $name }
rule-edit-title = Edit the rule
rule-changed = Rule changed:
rule-remove = Delete
rule-remove-of = Delete { $name }
rule-removed = Rule deleted:
rule-locked = cannot be changed here
rule-events = Events
rule-events-of = Events of { $name }
wide-all-hosts = This covers every host on the Internet.
wide-public-suffix = Anybody can register a domain below this name: it covers all of theirs.
wide-all-files = This covers every file of the machine.
wide-home = This covers a whole home directory, with keys, mail and browser data.
wide-allow = Whatever runs in a sandbox is allowed that without a question, but for what is on the protected lists.
wide-deny = Everything there is blocked without a question.
wide-ask = Everything there is asked about.
save-wide = Save all the same
rule-effect = Do
rule-kind = With
rule-pattern = Pattern
example-network = A host: example.org. What is below it: *.example.org. Both: **.example.org. With a port: example.org:8443.
example-path = A file, or a directory with everything below it: ~/notes. The path alone: =~/notes. By name: ~/notes/**/*.md.
example-program = A program, or a directory of programs: /usr/bin/ssh, ~/tools.
example-neighbour = For example ssh-agent, ssh-sign KEY example.com for signatures at one host, socket PATH, wayland, x11 or x11-trusted; * stands for every key
example-growth = disk, which is all growth beyond the limit of a session
rule-project = Only for the project
rule-project-none = every project
rule-program = Only for programs below
rule-program-none = every program
rule-program-only = only for programs below
rule-address = At the private address
rule-address-none = none: public addresses only
rule-at-address = at
rule-note = Note
rule-end = Ends
rule-stays = Stays
rule-ends-after = After
rule-ends-in = Ends in { $span }
rule-ends-with-session = Ends with its session
rule-redundant = redundant beside
rule-given = given { $ago }
rule-created = created { $ago }
rule-hits = { $n ->
    [0] never used
    [one] used once
   *[other] used { $n } times
}
rule-last-used = last used { $ago }
scope-once = once, in session
scope-session = session
scope-project = project
scope-everywhere = every project
grant-revoke = Revoke
grant-revoke-of = Revoke { $name }
grant-revoke-title = Revoke this answer?
grant-revoke-text = What lives on it is cut at once. The next request asks again.
grant-revoked = Revoked.
redundant-remove = Remove redundant ({ $n })
redundant-title = Remove redundant rules?
redundant-text = A wider rule says the same of everything that these cover. Without them nothing is decided otherwise.
redundant-removed = { $n } redundant rules removed.
expiry-title = When it ends
expiry-of = { $end }: change the end of { $name }
expiry-from-now = From now on
expiry-use = Use
expiry-set = The end was changed.
paste-title = Paste many rules
paste-text = One pattern a line. Empty lines and lines that begin with # are left out.
paste-patterns = Patterns
paste-add = { $n ->
    [one] Add { $n } rule
   *[other] Add { $n } rules
}
paste-added = { $n } rules added.
paste-bad = { $n ->
    [one] One line was not written:
   *[other] { $n } lines were not written:
}
policy-move = Import, export…
policy-title = policy.toml
policy-export = Export
policy-save = Save as a file
policy-saved = The policy was written to
policy-import = Import
policy-import-text = Rules are added, all of them or none. Settings are not taken over.
policy-import-action = Import rules
policy-imported = { $added ->
    [one] { $added } rule added
   *[other] { $added } rules added
}, { $known } were there already.
policy-file = From a file
# $size is what was chosen or typed.
policy-too-large = That is { $size }, and 1 MiB can be imported at once. Import it in parts, or put its rules into policy.toml with an editor.

## Sessions

sessions-running = Running ({ $n })
sessions-none = No session runs
sessions-none-text = Start one in a terminal. It sees its project and asks for everything else.
sessions-stop-all = Stop all
sessions-stop-all-title = Stop all sessions?
session-launching = starting
session-running = running
session-frozen = frozen, since it grew on disk by more than it may
session-ending = ending
session-silent = may not ask
session-by-proxy = reaches the network by its proxy alone
session-nested-sandbox = may make sandboxes inside
session-debugger = programs may debug each other
session-started = started { $ago }
session-traffic = { $received } in, { $sent } out
session-of = { $used } of { $limit }
session-memory = memory { $used }
session-processors = processors { $used }
session-processes = processes { $used }
session-disk = { $used } more on disk
session-thaw = Let it go on
session-thawed = It goes on, and may grow by as much again.
session-programs = Programs
session-programs-of = Programs of { $name }
session-connections = { $n ->
    [one] { $n } open connection
   *[other] { $n } open connections
}
programs-ended = Ended
program-ended = at { $time }
program-exited = status { $n }
program-killed = signal { $n }
program-replaced = became another program
programs-ended-before = { $n ->
    [one] { $n } more ended before
   *[other] { $n } more ended before
}
programs-unwatched = { $n ->
    [one] { $n } was started while too many ran to watch them all
   *[other] { $n } were started while too many ran to watch them all
}
programs-ended-unknown = Which programs ended is not known: their starts cannot be listened to.
session-ports = Ports
session-ports-n = Ports ({ $n })
session-ports-of = Ports of { $name }
ports-none = It shares no port with this machine.
port-reaches = reaches { $place } of this machine
port-reached = is reached at { $place }, its own port { $inside }
port-close = Close
port-close-of = Close: { $port }
port-closed = The port is closed, and what came by it is cut.
port-direction = Which way
port-host = Let it reach a service of this machine
port-publish = Let this machine reach its server
port-number = Port
port-inside = Port inside
port-same = the same
port-open = Open
port-opened = The port is open.
programs-cut = There are more than are listed.
depth = level { $n }
session-activity = Activity
session-activity-of = Activity of { $name }
session-stop-of = Stop { $name }
session-stop-title = Stop the session?
session-stop-text = Its programs are asked to end, and killed after 5 seconds. What they have not saved by then is lost.
session-stopped = Told to end.
sessions-past = Past
sessions-past-none = No session has ended yet.
session-ended = ended { $ago }
session-end-unknown = the end is not known
review = Review…
review-of = Review { $name }
review-title = Review
review-text = What the session changed that runs outside the sandbox later, in
review-runs = The session still runs: this is what differs by now. It can be put back once the session has ended.
review-incomplete = Not everything could be compared.
review-none = Nothing is left to review.
revert = Put back
revert-of = Put back { $name }
revert-cannot = It cannot be put back:
revert-all-ask = Put all back…
revert-all-sure = Everything listed that can be put back?
revert-all = Put all back
diff-of = Difference of { $name }

## Activity

outcome-allow = Allowed
outcome-deny = Denied
outcome-ask = Asked
activity-what = What to show
activity-events = Events
activity-traffic = Traffic
activity-search = Search targets
activity-kind = Kind
activity-all-kinds = All kinds
activity-since = Since
activity-any-time = Any time
activity-last = Last { $span }
activity-denied = Denied only
activity-session = Session
activity-clear = Clear filters
activity-held = Show { $n } new
activity-none = Nothing has happened yet
activity-none-text = Every verdict is written to the log before it takes effect, and shows up here. In a terminal:
activity-no-match = No event matches.
event-title = Event { $seq }
event-end = Ended
event-by = Decided by
event-action = Action
event-detail = Detail
event-program = Program
event-file = File
event-session = Session
event-project = Project
event-question = Question
event-grant = Remembered answer
event-traffic = Traffic
event-allow = Allow this from now on…
event-rule = Show the rule
event-same = Events of this target
log-export = Export log
log-exported = The log was written to
traffic-within = Last
traffic-in = in
traffic-out = out
traffic-when = A connection counts when it ends; those of running sessions are in their figures at once.
traffic-axis = From { $from } to { $to }
traffic-none = No connection has ended in this time.

## Settings

settings-policy = What needs no question
settings-preset = Preset
preset-minimal = Minimal
preset-minimal-text = Allows nothing by itself. What leaves the project asks; ~/.config is blocked but for profiles, rules and answers.
preset-moderate = Moderate
preset-moderate-text = Allows reading, and well-known hosts of code and packages.
preset-development = Development
preset-development-text = Allows public hosts, files and programs outside the two protected lists. For programs that you trust.
preset-development-title = Use Development for every session?
preset-development-warning = Sessions that choose no preset of their own will ask about little.
preset-development-use = Use it
settings-auto = Approve without a question
settings-auto-text = Except what is on the protected lists. Rules that block still block.
settings-file = Written to
settings-asking = Questions
settings-expiry = An answer with a time holds
settings-expiry-text = What shall hold longer is a rule.
settings-timeout = A question waits
settings-timeout-text = Then it is denied once and listed under Missed. No rule is written.
settings-notifications = Notifications
settings-order-text = Buttons in their order. Some desktops show the first three only.
settings-test = Send a test notification
test-sent = A test notification was sent.
settings-autostart = Start with the desktop
settings-windows = Windows
settings-zoom = Size of everything
zoom-larger = Larger
zoom-smaller = Smaller
zoom-usual = As it is drawn
zoom-keys = By keys: Ctrl and +, Ctrl and −, or Ctrl and the wheel. Ctrl and 0 is the size as it is drawn.
settings-lists = Block-lists
lists-text = Files with one host name a line, or in the format of hosts files. What they name is blocked, unless a rule or an answer of yours allows it.
list-path = Path of a file, from the root
list-add = Add file
list-remove = Remove
list-remove-of = Remove { $name }
settings-resources = What a session may use
settings-resources-text = Written to [limits] in policy.toml, and read when a session starts. An empty field leaves it to the preset, "none" lifts a limit. A run can choose others, and files of a project can tighten them.
resource-memory = Memory
resource-processors = Processors
resource-processes = Processes and threads
resource-files = Open files of one process
resource-time = Time
resource-tmp = Temporary files
resource-disk = Growth on disk
resource-example = For example { $example }.
resource-usual = By the preset: { $value }.
resource-in-force = In force: { $value }.
resource-managed = at most { $value }, set by the administrator
example-memory = 512M, 2G or 75%
example-processors = 2 or 0.5
example-count = 4096
example-time = 30m or 2h
example-size = 500M or 20G
resource-unlimited = no limit
settings-limits = About this Askbox
limit-proxy = Connections leave
proxy-none = directly
proxy-environment = as the proxy variables of Askbox's environment say
limit-questions = Questions before a session goes quiet
limit-per-minute = { $n } a minute
limit-rules = Rules in force
limit-names = Names in block-lists
limit-count = { $n }
limit-log = Log
limit-version = Version
setting-saved = Saved.
setting-managed = set by the administrator
move-up = Move up: { $name }
move-down = Move down: { $name }
button-allow-default-time = Allow for the default time
