/** What `iw phy` prints of two radios: the first cannot monitor, the second can. */
export const iwPhyText = `Wiphy phy0
	wiphy index: 0
	max # scan SSIDs: 10
	Supported Ciphers:
		* WEP40 (00-0f-ac:1)
	Supported interface modes:
		 * IBSS
		 * managed
		 * AP
	Band 1:
		Capabilities: 0x1020
		Frequencies:
			* 2412.0 MHz [1] (20.0 dBm)
	software interface modes (can always be added):
		 * monitor
Wiphy phy1
	wiphy index: 1
	Supported interface modes:
		 * managed
		 * monitor
	Band 1:
		Frequencies:
			* 2412.0 MHz [1] (20.0 dBm)
`;
