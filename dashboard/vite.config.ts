import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { packed } from './build/packed.ts';
import { phoneZones } from './build/phone-zones.ts';

export default defineConfig({
  plugins: [react(), tailwindcss(), phoneZones(), packed()],
  // Pages stand at several depths, so everything is named from the root.
  base: '/',
  build: {
    target: 'es2023',
    // The content security policy lets in nothing that is not a file of the server.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
});
