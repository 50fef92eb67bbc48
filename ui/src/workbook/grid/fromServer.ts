/** How the grid is told what comes from the server: neither an undo step nor something to send. */
export const FROM_SERVER = { onlyLocal: true, fromCollab: true };
