/** Light, dark, or as the machine has it. */
import { useSyncExternalStore } from 'react';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const KEPT = 'zapfleet.theme';
const listeners = new Set<() => void>();

function kept(): Theme {
  const theme = localStorage.getItem(KEPT);
  return themes.find((one) => one === theme) ?? 'system';
}

export function applyTheme(theme: Theme = kept()): void {
  document.documentElement.dataset.theme = theme;
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, kept);
  return [
    theme,
    (next) => {
      localStorage.setItem(KEPT, next);
      applyTheme(next);
      for (const listener of listeners) listener();
    },
  ];
}
