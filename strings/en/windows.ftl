### Words of the prompt window and the settings window.
### Text that came from a sandbox is never part of a message where it can stand beside it.

## Times and sizes

span-seconds = { $n ->
    [one] { $n } second
   *[other] { $n } seconds
}
span-minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
span-hours = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
}
span-hours-minutes = { $n } h { $m } min
span-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
ago = { $span } ago
just-now = just now
never = never
size-bytes = { $n } B
size-kilobytes = { $n } kB
size-megabytes = { $n } MB
size-gigabytes = { $n } GB
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
down-title = Askbox is not running.
down-text = Nothing is allowed meanwhile.
host-port = port { $port }
host-unicode = looks like

## Prompt window

prompt-window = Askbox asks
prompt-empty-title = No question is open
prompt-empty-text = When a program in a sandbox wants something that no rule speaks about, it waits here for you.
prompt-time-left = { $time } left
prompt-time-up = Time is up
prompt-time-bar = Time left to answer
prompt-seconds-left = { $n } seconds left to answer
prompt-gave-up = The program stopped waiting. An answer counts for its next try.
prompt-profile-text = This is one question about everything that the program needs for its own login and state. It covers what is listed here and nothing else.
prompt-what = What is asked for
prompt-who = Program
prompt-file = File:
prompt-pid = Process { $pid }
prompt-started-by = Started by
prompt-shared-with = Shared with
prompt-asked-by = Asked for by
prompt-where = Project
prompt-session = Session
prompt-unlisted = { $n ->
    [one] One more is not listed.
   *[other] { $n } more are not listed.
}
prompt-covers-listed = An answer covers exactly what is listed, unless you widen it.
prompt-how-long = How long
prompt-once = Once
prompt-this-session = This session
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
prompt-later = Later
prompt-allow = Allow
prompt-block = Block
prompt-enter = Enter decides nothing.
prompt-changed = The question changed. Look again before you answer.
prompt-stale = The question changed while you answered. Nothing was decided. Look again.
prompt-failed = Nothing was decided:
prompt-open-missed = Open missed questions
prompt-queue = { $n } questions
elsewhere-allowed = Answered elsewhere: allowed.
elsewhere-denied = Answered elsewhere: blocked.
elsewhere-decided = Settled elsewhere: it needs no answer any more.
elsewhere-missed = Time ran out. It was denied this once, and is listed under Missed.
