/** What was dropped or pasted, if it was files: text that comes along with a picture is the picture's name. */
export function filesOf(transfer: DataTransfer | null): File[] {
  if (transfer === null) return [];
  return [...transfer.files].filter((file) => file.size > 0 || file.type !== "");
}
