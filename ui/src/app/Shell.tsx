import { Group } from "@mantine/core";
import { Suspense, useEffect, useRef } from "react";
import { Link, NavLink, Outlet, useLocation } from "react-router";
import { UserMenu } from "../accounts/UserMenu";
import { Loading } from "./Loading";
import logo from "./logo.svg";
import css from "./Shell.module.css";
import { ThemeSwitch } from "./ThemeSwitch";

/** The frame around every page of a signed-in visitor. */
export function Shell() {
  const main = useFocusOnNewPage();
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#main">
        Skip to the content
      </a>
      <header className={css.header}>
        <Link to="/" className={css.brand}>
          <img src={logo} alt="" width={26} height={26} />
          GridOS
        </Link>
        <nav aria-label="Main" className={css.nav}>
          <NavLink to="/" end>
            Workbooks
          </NavLink>
          <NavLink to="/marketplace">Marketplace</NavLink>
        </nav>
        <Group gap="xs" ml="auto" wrap="nowrap">
          <ThemeSwitch />
          <UserMenu />
        </Group>
      </header>
      <main id="main" ref={main} tabIndex={-1} className={css.main}>
        <Suspense fallback={<Loading label="Opening the page" />}>
          <Outlet />
        </Suspense>
      </main>
    </div>
  );
}

/** A link moves the focus into the new page, where a screen reader goes on reading. */
function useFocusOnNewPage() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current !== pathname) main.current?.focus({ preventScroll: true });
    shown.current = pathname;
  }, [pathname]);
  return main;
}
