/** Builds the dashboard where it is not built or something of it changed; answers whether the build is whole. */
export function buildDashboard(): boolean;
