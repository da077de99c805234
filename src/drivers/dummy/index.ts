export { createDummyDriver, type DummyDriver } from './dummy-driver.ts';
