### Tray, menu and notifications alone.

## Buttons

button-grow-once = Allow as much again
button-grow-session = No limit in this session
button-open = Open
button-review = Review

## Notifications

notice-program = Program: { $command }
notice-project = Project: { $project }
notice-many = { $count } questions wait for an answer
notice-session-asks = { $title }, and { $more } more of this session
notice-more-sessions = and { $count } more sessions
notice-missed = { $count ->
    [one] Denied, because nobody answered
   *[other] { $count } questions denied, because nobody answered
}
notice-quiet = A session asks too much
notice-quiet-means = What it asks for now is denied without a question.
notice-flagged = Changed inside, runs outside later
notice-limited = A session met a limit
notice-trouble = That did not happen
notice-no-windows = Windows cannot be shown: { $reason }.
notice-test = Askbox asks like this
notice-test-means = This is a test. Nothing waits for an answer.
notice-test-no-server = The test notification was not shown: there is no notification server. Questions come up in a window.
notice-test-refused = The notification server refused to show the test notification.
notice-test-late = The notification server did not say that it shows the test notification.
notice-refused = The answer did not count: { $reason }

## Tray

tray-starting = Askbox starts
tray-down = Askbox is not connected: everything is refused
tray-lockdown = Lockdown: everything is denied
tray-counts = { $questions ->
    [0] { $sessions ->
        [0] Askbox: nothing runs
        [one] Askbox: 1 session
       *[other] Askbox: { $sessions } sessions
    }
    [one] Askbox: 1 question waits{ $sessions ->
        [0] { "" }
        [one] , 1 session
       *[other] , { $sessions } sessions
    }
   *[other] Askbox: { $questions } questions wait{ $sessions ->
        [0] { "" }
        [one] , 1 session
       *[other] , { $sessions } sessions
    }
}

menu-lockdown = Lockdown: deny everything
menu-lockdown-end = End the lockdown
menu-more = { $count } more…
menu-open = Open Askbox
menu-pause = Pause questions (deny quietly)
menu-paused = Questions are paused until { $until }
menu-resume = Ask again now
menu-quit = Quit
menu-quit-ends = { $count ->
    [one] Quit and end 1 session
   *[other] Quit and end { $count } sessions
}
menu-quit-ends-all = Quit and end every session that runs
