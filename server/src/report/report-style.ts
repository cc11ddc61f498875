/** Of the report: as quiet on a screen as on paper. */
export const reportStyle = `
body { max-width: 46rem; margin: 0 auto; padding: 1rem; font: 0.95rem/1.45 system-ui, sans-serif; color: #111; background: #fff; }
h1 { margin-bottom: 0.2rem; }
h2 { margin-top: 2rem; border-bottom: 1px solid #999; }
svg { width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.15rem 0.75rem 0.15rem 0; border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums; }
th[scope="row"] { font-weight: normal; }
.note { color: #444; }
figure { margin: 1rem 0; }
figcaption { color: #444; }
@page { margin: 15mm; }
@media print { body { padding: 0; } section, figure, tr { break-inside: avoid; } h2 { break-after: avoid; } }
`;
