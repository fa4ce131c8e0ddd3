/**
 * Which IP addresses may be reached. Only what is surely public is public: what is embedded in another address (IPv4 in IPv6, NAT64) counts
 * as what it leads to, and tunnels (6to4, Teredo) are refused whatever they hold.
 */
import ipaddr from 'ipaddr.js';
import type { AddressAllowance } from '../ports/egress.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** What `true` in the configuration opens. */
const privateRanges = new Set(['loopback', 'private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat']);

/** Where clouds hand out credentials of the machine: opened only by a range that names them. */
const metadata = [
  '169.254.169.254/32',
  '169.254.170.2/32',
  '169.254.170.23/32',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  'fd00:ec2::254/128',
  'fd00:ec2::23/128',
  'fd20:ce::254/128',
].map(readRange);

const globalUnicast = readRange('2000::/3');
const nat64 = readRange('64:ff9b::/96');

export type AddressRules = {
  /** Why it may not be reached, as a noun: "a loopback address"; null when it may. */
  refusalOf(address: string): string | null;
};

export function addressRules(allowance: AddressAllowance): AddressRules {
  const ranges = typeof allowance === 'object' ? allowance.ranges.map(readRange) : [];
  return {
    refusalOf(text) {
      // A zone names an interface of this machine.
      if (text.includes('%') || !ipaddr.isValid(text)) return 'an address with a zone or in an unknown form';
      const written = ipaddr.parse(text);
      const address = embedded(written) ?? written;
      if (ranges.some((range) => isIn(address, range) || isIn(written, range))) return null;
      const isMetadata = metadata.some((range) => isIn(address, range));
      if (isMetadata) return 'a metadata address';
      const range = rangeOf(address);
      if (range === 'unicast') return null;
      return allowance === true && privateRanges.has(range) ? null : nounOf(range);
    },
  };
}

/** A CIDR, or one address. Throws when it is neither. */
export function readRange(text: string): [Address, number] {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  if (!ipaddr.isValid(text)) throw new TypeError(`${text} is no address`);
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function isIn(address: Address, [range, bits]: readonly [Address, number]): boolean {
  return address.kind() === range.kind() && address.match(range, bits);
}

/** The IPv4 address that this one leads to; null where it is itself. */
function embedded(address: Address): ipaddr.IPv4 | null {
  if (!(address instanceof ipaddr.IPv6)) return null;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  return isIn(address, nat64) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : null;
}

/** Outside 2000::/3 the library calls some unicast that nobody may use. */
function rangeOf(address: Address): string {
  const range = address.range();
  return range === 'unicast' && address.kind() === 'ipv6' && !isIn(address, globalUnicast) ? 'reserved' : range;
}

function nounOf(range: string): string {
  switch (range) {
    case 'loopback':
      return 'a loopback address';
    case 'linkLocal':
      return 'a link-local address';
    case 'private':
    case 'uniqueLocal':
    case 'carrierGradeNat':
    case 'deprecatedSiteLocal':
      return 'a private address';
    case 'multicast':
    case 'broadcast':
      return 'a multicast address';
    default:
      return 'a reserved address';
  }
}
