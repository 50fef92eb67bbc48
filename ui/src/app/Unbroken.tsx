import { Component, type ReactNode } from "react";
import { BrokenPage } from "./BrokenPage";

/** Shows the page that says so when drawing another one fails, as when a newer server no longer has this one's files. */
export class Unbroken extends Component<{ children: ReactNode }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    return this.state.isBroken ? <BrokenPage /> : this.props.children;
  }
}
