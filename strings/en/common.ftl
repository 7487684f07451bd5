### Said by both: by tray, menu and notifications, and in the windows.

## Lengths of time

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
span-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}

## Windows

window-main = Askbox
window-prompt = Askbox asks

## Questions

button-allow-once = Allow once
button-allow-session = Allow for this session
button-allow-time = Allow { $span }
button-always = Always
button-block = Block
button-grow-no-more = End the session
button-later = Later
button-options = Options…
button-resume = Let it ask again
question-gave-up = The program stopped waiting. An answer counts for its next try.
and-more = and { $n } more

## Sessions

session-stop = Stop
