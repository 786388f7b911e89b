// The page's own sentences. A stranger's text never passes through here.

export const WORDS = {
  en: {
    workspace: 'Local workspace', workspaceNote: 'on this machine only', channels: 'Channels', apps: 'Apps',
    you: 'You are', thread: 'Thread', home: 'Home', messages: 'Messages', send: 'Send',
    write: (where) => `Message ${where} or /mailcheck example.com`, reply: 'Reply…',
    replies: (n) => (n === 1 ? '1 reply' : `${n} replies`), last: (time) => `last at ${time}`,
    alone: 'Only visible to you', deleted: 'This message was deleted.', edited: '(edited)', app: 'APP', guest: 'GUEST',
    members: (n) => `${n} members`, archived: 'This channel is archived.',
    notHere: 'Mailcheck is not in this channel.', invite: 'Invite Mailcheck',
    noSlash: (word) => `${word} is not supported in threads. Use it in the channel.`,
    notConnected: 'The app is not connected.', slow: 'The app did not answer in time.',
    sample: 'Send a sample mail to this thread', sampleTo: 'recipient address', sampleSend: 'Send mail', sending: 'Sending…',
    emptyHome: 'This app has not published anything here yet.', emptyChannel: 'Nothing has been said here yet.',
    yes: 'Yes', no: 'Cancel', cancel: 'Cancel',
  },
  ja: {
    workspace: 'ローカルワークスペース', workspaceNote: 'このマシンの中だけ', channels: 'チャンネル', apps: 'アプリ',
    you: '表示中のメンバー', thread: 'スレッド', home: 'ホーム', messages: 'メッセージ', send: '送信',
    write: () => `メッセージ、または /mailcheck example.co.jp`, reply: '返信する…',
    replies: (n) => `${n} 件の返信`, last: (time) => `最終返信 ${time}`,
    alone: 'あなただけに表示されています', deleted: 'このメッセージは削除されました。', edited: '(編集済み)', app: 'アプリ', guest: 'ゲスト',
    members: (n) => `メンバー${n}人`, archived: 'このチャンネルはアーカイブされています。',
    notHere: 'Mailcheck はこのチャンネルに参加していません。', invite: 'Mailcheck を招待する',
    noSlash: (word) => `${word} はスレッドでは使えません。チャンネルで入力してください。`,
    notConnected: 'アプリが接続していません。', slow: 'アプリから時間内に応答がありませんでした。',
    sample: 'このスレッドにサンプルメールを送る', sampleTo: '宛先アドレス', sampleSend: 'メールを送信', sending: '送信中…',
    emptyHome: 'このアプリはまだ何も表示していません。', emptyChannel: 'まだ発言はありません。',
    yes: 'はい', no: 'キャンセル', cancel: 'キャンセル',
  },
};

export function wordsOf(locale) {
  return locale.startsWith('ja') ? WORDS.ja : WORDS.en;
}
