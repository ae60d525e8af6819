/** What this thread takes for some work, in milliseconds. Unlike the time on the wall, other processes do not lengthen it. */
export function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
