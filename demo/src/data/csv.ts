/** A column of a comma-separated text without quotes, by the name in its first line. */
export function column(text: string, name: string): string[] {
  const [head, ...lines] = text.trim().split(/\r?\n/);
  const at = head!.split(',').indexOf(name);
  return lines.map((line) => line.split(',')[at]!);
}
