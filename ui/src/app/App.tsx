import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { BrowserRouter } from "react-router";
import { Pages } from "./Pages";
import { createQueries } from "./queries";
import { getStyleNonce } from "./style-nonce";
import { cssVariablesResolver, theme } from "./theme";
import { Unbroken } from "./Unbroken";

/** Everything the pages stand on. */
export function App() {
  const [queries] = useState(createQueries);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
      getStyleNonce={getStyleNonce}
    >
      <Notifications position="bottom-right" zIndex={3000} />
      <QueryClientProvider client={queries}>
        <BrowserRouter>
          <Unbroken>
            <Pages />
          </Unbroken>
        </BrowserRouter>
      </QueryClientProvider>
    </MantineProvider>
  );
}
