/**
 * Work that must be done before this process ends, however it ends: normal exit, uncaught exception, Ctrl-C,
 * SIGTERM, SIGHUP. It is synchronous because nothing else runs in an exit handler. SIGKILL is the one end that no
 * process sees; the guardian cleans up after it.
 *
 * @module
 */

const endings = new Set<() => void>();
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `ending` once when this process ends. An ending that throws is reported on stderr and does not stop the others.
 *
 * @returns a function that withdraws the ending
 */
export function beforeProcessEnds(ending: () => void): () => void {
  if (endings.size === 0) watchForTheEnd();
  endings.add(ending);
  return () => {
    endings.delete(ending);
    if (endings.size === 0) stopWatching();
  };
}

function watchForTheEnd(): void {
  process.on('exit', runEndings);
  for (const signal of signals) process.on(signal, endBySignal);
}

function stopWatching(): void {
  process.off('exit', runEndings);
  for (const signal of signals) process.off(signal, endBySignal);
}

function endBySignal(signal: NodeJS.Signals): void {
  runEndings();
  // Having a listener cancelled the signal's default, which is to end the process. Whoever else listens has taken
  // over that decision; otherwise the process ends by the signal, so that its parent sees how.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function runEndings(): void {
  const pending = [...endings];
  endings.clear();
  stopWatching();
  for (const ending of pending) {
    try {
      ending();
    } catch (error) {
      process.stderr.write(`control plane: clean-up failed: ${String(error)}\n`);
    }
  }
}
