/** What the alerts of a network are worked on under: no detector can be called so. */
export const alertClaimName = '.alerts';
