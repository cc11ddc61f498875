import { Console } from './console.ts';

const element = document.getElementById('console');
if (element === null) throw new Error('the page has no element to draw into');
void new Console(element).start();
