// How to get the development certificates into each browser, as words: for the first screen and for the page that a
// browser without a certificate sees.

export interface ImportFiles {
  /** The user's certificate and key. */
  readonly p12: string;
  readonly password: string;
  /** The CA that signed what the edge shows. */
  readonly ca: string;
}

export interface BrowserSteps {
  readonly browser: string;
  readonly steps: readonly string[];
}

/** The steps for each browser, the two files named as given. */
export function importSteps({ p12, password, ca }: ImportFiles): readonly BrowserSteps[] {
  return [
    {
      browser: 'Chrome, Chromium, Edge or Brave on Linux',
      steps: [
        `Open chrome://certificate-manager/clientcerts, choose "View imported certificates from Linux", then "Import", and pick ${p12}; the password is ${password}.`,
        `Open chrome://certificate-manager/localcerts, choose "Installed by you", and under "Trusted Certificates" "Import", and pick ${ca}.`,
      ],
    },
    {
      browser: 'Firefox',
      steps: [
        'Open Settings, search for "certificates", choose "View Certificates".',
        `Under "Your Certificates" choose "Import" and pick ${p12}; the password is ${password}.`,
        `Under "Authorities" choose "Import", pick ${ca} and tick "Trust this CA to identify websites".`,
      ],
    },
    {
      browser: 'Safari, Chrome or Edge on macOS',
      steps: [
        `Double-click ${p12}, add it to the keychain "login"; the password is ${password}.`,
        `Double-click ${ca}, then find "Sallyport development CA for servers" in Keychain Access, open it, and under "Trust" choose "Always Trust".`,
      ],
    },
    {
      browser: 'Chrome or Edge on Windows',
      steps: [
        `Double-click ${p12}, choose "Current User"; the password is ${password}; leave the rest as it is.`,
        `Double-click ${ca}, choose "Install Certificate", "Current User", "Place all certificates in the following store", "Trusted Root Certification Authorities".`,
      ],
    },
  ];
}

/** What to do when all is imported. */
export const AFTER_IMPORT =
  'Then load the page again and choose your certificate. A browser that does not ask still remembers that it had none: close all of its windows, or open a private one.';
