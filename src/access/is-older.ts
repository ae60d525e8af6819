/** Of versions such as 1.10.0; what follows the numbers does not count. */
export function isOlder(version: string, than: string): boolean {
  const [one, two] = [version, than].map((each) => each.split(/[.-]/, 3).map(Number));
  const at = two!.findIndex((part, place) => part !== one![place]);
  return at >= 0 && one![at]! < two![at]!;
}
