/** Decides what may be called: the address as it is written, and every address that its name stands for. */
import { isIP, type LookupFunction } from 'node:net';
import { EgressFailure } from '../domain/egress-failure.ts';
import type { AddressAllowance, HostAddress } from '../ports/egress.ts';
import { addressRules } from './address-rules.ts';
import type { ResolveName } from './resolve-names.ts';

export type Guard = {
  /** An http or https address without a user name whose host, where it is an IP address, may be reached. Throws `EgressFailure`. */
  read(url: string): URL;
  /** Throws `address_refused` for an IP address that may not be reached; a name passes. */
  admit(host: string): void;
  /** All addresses of a host, each of which may be reached; one that may not refuses the host as a whole. */
  addressesOf(host: string): Promise<readonly HostAddress[]>;
  /** The same for `net.connect`, which then connects to one of these. */
  lookup: LookupFunction;
};

export function createGuard(allowance: AddressAllowance, resolveName: ResolveName): Guard {
  const rules = addressRules(allowance);

  function admit(host: string): void {
    const address = bare(host);
    if (isIP(address) === 0) return;
    const refusal = rules.refusalOf(address);
    if (refusal !== null) throw refused(`It leads to ${refusal}`);
  }

  async function addressesOf(host: string): Promise<readonly HostAddress[]> {
    const address = bare(host);
    admit(address);
    const family = isIP(address);
    if (family !== 0) return [{ address, family: family === 6 ? 6 : 4 }];
    const found = await resolved(address);
    // One among public ones is how a name is turned against us: whoever answers so is not to be trusted with the others.
    if (found.some((one) => rules.refusalOf(one.address) !== null)) {
      throw refused('Its name stands for an address that is not public');
    }
    return found;
  }

  async function resolved(name: string): Promise<readonly HostAddress[]> {
    let found: readonly HostAddress[];
    try {
      found = await resolveName(name);
    } catch (error) {
      throw new EgressFailure('name_not_found', 'The name of the host could not be looked up.', { cause: error });
    }
    if (found.length === 0) throw new EgressFailure('name_not_found', 'There is no host of this name.');
    return found;
  }

  return {
    admit,
    addressesOf,
    read(text) {
      const url = URL.parse(text);
      if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
        throw new EgressFailure(
          'address_invalid',
          'The address does not begin with http:// or https://, or has no host.',
        );
      }
      if (url.username !== '' || url.password !== '') {
        throw new EgressFailure('address_invalid', 'The address holds a user name or a password.');
      }
      admit(url.hostname);
      return url;
    },
    lookup(host, options, callback) {
      addressesOf(host).then(
        (found) => {
          const [first] = found;
          if (options.all === true) callback(null, [...found]);
          else callback(null, first?.address ?? '', first?.family);
        },
        (error: unknown) => callback(error as NodeJS.ErrnoException, ''),
      );
    },
  };
}

function refused(reason: string): EgressFailure {
  return new EgressFailure('address_refused', `The address may not be called from here. ${reason}.`);
}

/** A URL keeps the brackets of an IPv6 address. */
function bare(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}
