// Distinguished names that are the same to RFC 5280 7.1 whatever their case and spacing: CAs write one name in several
// ways, in certificates and in revocation lists. Used to find candidates only; a signature decides.

/** Equal for equal names, from RFC 4514 text. */
export function nameKey(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/=(?:\\? )+/g, '=')
    .replaceAll(/(?<!\\), /g, ',')
    .replaceAll(/ =/g, '=')
    .replaceAll(/(?:\\? )+(?=$|[,+])/g, '');
}
