// The mark of certificates made by `sallyport dev` and `sallyport ca`, kept apart from the code that makes them.

/** The organization in the subject of every development root; what one of them issued is a development certificate. */
export const DEVELOPMENT_ORGANIZATION = 'Sallyport development CA';

/** Whether the issuer (RFC 4514 text) is a development root. Decides on conveniences only, never on access. */
export function isDevelopmentIssuer(issuer: string): boolean {
  return issuer.split(/[,+]/).includes(`O=${DEVELOPMENT_ORGANIZATION}`);
}
