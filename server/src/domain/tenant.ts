import type { TenantId } from '@zapfleet/contract';

/** The tenant `default`: there from the first start, and meant wherever a master names none. Its id is the same everywhere. */
export const defaultTenantId: TenantId = 'ten_00000000000000000000000000';
