/** What a person sees who follows the link in a mail of news: the button posts to the same address (C-4). */
export const unsubscribePage = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>News by mail</title></head><body>
<p>Do you want no more news about your contracts by mail? Mails about money, deadlines and your account still come.</p>
<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">
<button>No more news by mail</button></form>
</body></html>
`;
