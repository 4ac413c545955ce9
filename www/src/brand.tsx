// The name of the thing and its mark: two lights, one near and full, one turning away.

export function Brand() {
  return (
    <span className="brand">
      <svg viewBox="0 0 26 20" width="26" height="20" aria-hidden="true">
        <circle cx="9" cy="10" r="7" className="brand-near" />
        <path d="M16.5 3a7 7 0 0 1 0 14" className="brand-far" />
      </svg>
      Presence
    </span>
  );
}
