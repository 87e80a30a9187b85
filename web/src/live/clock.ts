// The clock of the server, as far as it has told. Ages are counted by it, so
// that a wrong clock of this machine makes no value look younger than it is.

export interface Clocks {
  wall: () => number; // ms
  steady: () => number; // ms that no setting of the clock moves; may stand still while the machine sleeps
}

export class ServerClock {
  private told = 0;
  private exact = false;
  private wallThen = 0;
  private steadyThen = 0;
  constructor(private readonly clocks: Clocks) {}

  // hear notes what the server said its clock shows.
  hear(now: number): void {
    this.exact = true;
    this.note(now);
  }

  private note(now: number): void {
    this.told = now;
    this.wallThen = this.clocks.wall();
    this.steadyThen = this.clocks.steady();
  }

  // guess notes about what the server's clock shows, until it is heard exactly.
  guess(now: number): void {
    if (!this.exact) this.note(now);
  }

  // now is the time of the server, at least: of the two clocks here the one
  // that has gone further counts, as one may have slept and the other been set
  // back. Before the server told anything it is our own.
  now(): number {
    if (!this.told) return this.clocks.wall();
    return this.told + Math.max(this.clocks.wall() - this.wallThen, this.clocks.steady() - this.steadyThen, 0);
  }

  // ahead is by how much the server's clock was ahead of ours when it told, ms.
  ahead(): number {
    return this.told ? this.told - this.wallThen : 0;
  }
}
