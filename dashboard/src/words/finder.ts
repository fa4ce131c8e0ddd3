/** Whether what somebody looks for stands in a text: without regard to case and accents, and a number however it is written. */
export function finder(typed: string): (text: string) => boolean {
  const wanted = plain(typed.trim());
  const isNumber = /^\+?[\d\s().-]*\d[\d\s().-]*$/.test(wanted);
  const digits = isNumber ? wanted.replace(/\D/g, '') : null;
  return (text) => {
    const all = plain(text);
    return all.includes(wanted) || (digits !== null && all.includes(digits));
  };
}

const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
