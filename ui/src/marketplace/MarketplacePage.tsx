import { Page } from "../app/Page";
export function MarketplacePage() { return <Page title="Marketplace">soon</Page>; }
