// The moment, for everything that shows time left. It moves once a second, and only while a window runs it.

export class Clock {
  now = $state(Date.now());

  /** Runs until the function that it returns is called. */
  start(): () => void {
    this.now = Date.now();
    const timer = setInterval(() => {
      this.now = Date.now();
    }, 1_000);
    return () => clearInterval(timer);
  }
}
